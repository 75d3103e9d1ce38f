CREATE TABLE auth.oauth_clients (
    id uuid NOT NULL,
    instance_id uuid NOT NULL,
    name text NOT NULL,
    uri text,
    logo_uri text,
    secret_hash text,
    auth_method text NOT NULL,
    registration_type text NOT NULL,
    redirect_uris jsonb NOT NULL,
    grant_types jsonb NOT NULL,
    scope text,
    user_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT oauth_clients_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_clients_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX oauth_clients_created_at_idx ON auth.oauth_clients (instance_id, created_at);
COMMENT ON TABLE auth.oauth_clients IS 'Apps that sign people in with this house.';
ALTER TABLE auth.oauth_clients ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.oauth_authorizations (
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    user_id uuid,
    redirect_uri text NOT NULL,
    redirect_shown boolean NOT NULL DEFAULT false,
    scope text NOT NULL,
    state text,
    nonce text,
    resources jsonb NOT NULL,
    code_challenge text NOT NULL,
    prompt text NOT NULL,
    status text NOT NULL,
    code_hash text,
    session_id uuid,
    aal text,
    authenticated_at timestamptz,
    created_at timestamptz NOT NULL,
    code_issued_at timestamptz,
    CONSTRAINT oauth_authorizations_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_authorizations_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth.oauth_clients (id) ON DELETE CASCADE,
    CONSTRAINT oauth_authorizations_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX oauth_authorizations_code_hash_idx ON auth.oauth_authorizations (code_hash);
CREATE INDEX oauth_authorizations_created_at_idx ON auth.oauth_authorizations (created_at);
CREATE INDEX oauth_authorizations_client_id_idx ON auth.oauth_authorizations (client_id);
CREATE INDEX oauth_authorizations_user_id_idx ON auth.oauth_authorizations (user_id);
COMMENT ON TABLE auth.oauth_authorizations IS 'What apps asked people for, and the code that became of it.';
ALTER TABLE auth.oauth_authorizations ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.oauth_consents (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    client_id uuid NOT NULL,
    scope text NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT oauth_consents_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT oauth_consents_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth.oauth_clients (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX oauth_consents_user_id_key ON auth.oauth_consents (user_id, client_id);
CREATE INDEX oauth_consents_client_id_idx ON auth.oauth_consents (client_id);
COMMENT ON TABLE auth.oauth_consents IS 'What people have allowed to apps.';
ALTER TABLE auth.oauth_consents ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.oauth_sessions (
    session_id uuid NOT NULL,
    client_id uuid NOT NULL,
    user_id uuid NOT NULL,
    scope text NOT NULL,
    resources jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT oauth_sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT oauth_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions (id) ON DELETE CASCADE,
    CONSTRAINT oauth_sessions_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth.oauth_clients (id) ON DELETE CASCADE
);
CREATE INDEX oauth_sessions_client_id_idx ON auth.oauth_sessions (client_id, user_id);
COMMENT ON TABLE auth.oauth_sessions IS 'Sessions that an app holds for somebody.';
ALTER TABLE auth.oauth_sessions ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.oauth_refresh_tokens (
    id uuid NOT NULL,
    token_hash text NOT NULL,
    session_id uuid NOT NULL,
    used boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CONSTRAINT oauth_refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT oauth_refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT oauth_refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions (id) ON DELETE CASCADE
);
CREATE INDEX oauth_refresh_tokens_session_id_idx ON auth.oauth_refresh_tokens (session_id);
COMMENT ON TABLE auth.oauth_refresh_tokens IS 'Each is used once; what is kept is its hash.';
ALTER TABLE auth.oauth_refresh_tokens ENABLE ROW LEVEL SECURITY;

GRANT ALL ON auth.oauth_clients, auth.oauth_authorizations, auth.oauth_consents, auth.oauth_sessions, auth.oauth_refresh_tokens TO service_role;
