-- Apps that sign people in with this house.
CREATE TABLE auth_oauth_clients (
    id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    name TEXT NOT NULL,
    uri TEXT,
    logo_uri TEXT,
    secret_hash TEXT,
    auth_method TEXT NOT NULL,
    registration_type TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    grant_types TEXT NOT NULL,
    scope TEXT,
    user_id TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT oauth_clients_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_clients_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_clients_redirect_uris_check CHECK (json_valid(redirect_uris)),
    CONSTRAINT oauth_clients_grant_types_check CHECK (json_valid(grant_types))
) STRICT;
CREATE INDEX auth_oauth_clients_created_at_idx ON auth_oauth_clients (instance_id, created_at);

-- What apps asked people for, and the code that became of it.
CREATE TABLE auth_oauth_authorizations (
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT,
    redirect_uri TEXT NOT NULL,
    redirect_shown INTEGER NOT NULL DEFAULT 0,
    scope TEXT NOT NULL,
    state TEXT,
    nonce TEXT,
    resources TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    prompt TEXT NOT NULL,
    status TEXT NOT NULL,
    code_hash TEXT,
    session_id TEXT,
    aal TEXT,
    authenticated_at TEXT,
    created_at TEXT NOT NULL,
    code_issued_at TEXT,
    CONSTRAINT oauth_authorizations_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_authorizations_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth_oauth_clients (id) ON DELETE CASCADE,
    CONSTRAINT oauth_authorizations_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_authorizations_resources_check CHECK (json_valid(resources))
) STRICT;
CREATE INDEX auth_oauth_authorizations_code_hash_idx ON auth_oauth_authorizations (code_hash);
CREATE INDEX auth_oauth_authorizations_created_at_idx ON auth_oauth_authorizations (created_at);
CREATE INDEX auth_oauth_authorizations_client_id_idx ON auth_oauth_authorizations (client_id);
CREATE INDEX auth_oauth_authorizations_user_id_idx ON auth_oauth_authorizations (user_id);

-- What people have allowed to apps.
CREATE TABLE auth_oauth_consents (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    CONSTRAINT oauth_consents_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_consents_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth_oauth_clients (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX auth_oauth_consents_user_id_key ON auth_oauth_consents (user_id, client_id);
CREATE INDEX auth_oauth_consents_client_id_idx ON auth_oauth_consents (client_id);

-- Sessions that an app holds for somebody.
CREATE TABLE auth_oauth_sessions (
    session_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    resources TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT oauth_sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT oauth_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE,
    CONSTRAINT oauth_sessions_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth_oauth_clients (id) ON DELETE CASCADE,
    CONSTRAINT oauth_sessions_resources_check CHECK (json_valid(resources))
) STRICT;
CREATE INDEX auth_oauth_sessions_client_id_idx ON auth_oauth_sessions (client_id, user_id);

-- Each is used once; what is kept is its hash.
CREATE TABLE auth_oauth_refresh_tokens (
    id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    session_id TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    CONSTRAINT oauth_refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT oauth_refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_oauth_refresh_tokens_session_id_idx ON auth_oauth_refresh_tokens (session_id);
