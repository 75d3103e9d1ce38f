-- Whoever signs in. Their base is in the users of the base model, under the same id.
CREATE TABLE auth_users (
    instance_id TEXT,
    id TEXT NOT NULL,
    aud TEXT,
    role TEXT,
    email TEXT,
    encrypted_password TEXT,
    email_confirmed_at TEXT,
    invited_at TEXT,
    confirmation_token TEXT DEFAULT '',
    confirmation_sent_at TEXT,
    recovery_token TEXT DEFAULT '',
    recovery_sent_at TEXT,
    email_change_token_new TEXT DEFAULT '',
    email_change TEXT DEFAULT '',
    email_change_sent_at TEXT,
    last_sign_in_at TEXT,
    raw_app_meta_data TEXT,
    raw_user_meta_data TEXT,
    is_super_admin INTEGER,
    created_at TEXT,
    updated_at TEXT,
    phone TEXT,
    phone_confirmed_at TEXT,
    phone_change TEXT DEFAULT '',
    phone_change_token TEXT DEFAULT '',
    phone_change_sent_at TEXT,
    email_change_token_current TEXT DEFAULT '',
    email_change_confirm_status INTEGER DEFAULT 0,
    banned_until TEXT,
    reauthentication_token TEXT DEFAULT '',
    reauthentication_sent_at TEXT,
    is_sso_user INTEGER NOT NULL DEFAULT 0,
    deleted_at TEXT,
    is_anonymous INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_raw_app_meta_data_check CHECK (json_valid(raw_app_meta_data)),
    CONSTRAINT users_raw_user_meta_data_check CHECK (json_valid(raw_user_meta_data))
) STRICT;
CREATE UNIQUE INDEX auth_users_email_key ON auth_users (instance_id, email) WHERE email IS NOT NULL AND is_sso_user = 0;
CREATE UNIQUE INDEX auth_users_phone_key ON auth_users (instance_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX auth_users_created_at_idx ON auth_users (instance_id, created_at);

-- The ways in which somebody signs in.
CREATE TABLE auth_identities (
    id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    identity_data TEXT NOT NULL,
    provider TEXT NOT NULL,
    email TEXT,
    instance_id TEXT NOT NULL,
    last_sign_in_at TEXT,
    created_at TEXT,
    updated_at TEXT,
    CONSTRAINT identities_pkey PRIMARY KEY (id),
    CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT identities_identity_data_check CHECK (json_valid(identity_data))
) STRICT;
CREATE UNIQUE INDEX auth_identities_provider_key ON auth_identities (instance_id, provider, provider_id);
CREATE INDEX auth_identities_user_id_idx ON auth_identities (user_id);

-- One for each sign-in, until it is ended.
CREATE TABLE auth_sessions (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    factor_id TEXT,
    aal TEXT NOT NULL DEFAULT 'aal1',
    not_after TEXT,
    refreshed_at TEXT,
    user_agent TEXT,
    ip TEXT,
    tag TEXT,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_sessions_user_id_idx ON auth_sessions (user_id);

-- Each is used once; what is kept is its hash.
CREATE TABLE auth_refresh_tokens (
    id TEXT NOT NULL,
    instance_id TEXT,
    token TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    parent TEXT,
    revoked INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_token_key UNIQUE (token),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_refresh_tokens_session_id_idx ON auth_refresh_tokens (session_id);
CREATE INDEX auth_refresh_tokens_user_id_idx ON auth_refresh_tokens (user_id);
CREATE INDEX auth_refresh_tokens_parent_idx ON auth_refresh_tokens (parent);

-- How a session was begun.
CREATE TABLE auth_mfa_amr_claims (
    id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    authentication_method TEXT NOT NULL,
    CONSTRAINT mfa_amr_claims_pkey PRIMARY KEY (id),
    CONSTRAINT mfa_amr_claims_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX auth_mfa_amr_claims_session_id_key ON auth_mfa_amr_claims (session_id, authentication_method);

-- Second factors. Their secrets are sealed.
CREATE TABLE auth_mfa_factors (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    friendly_name TEXT,
    factor_type TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    secret TEXT,
    phone TEXT,
    last_challenged_at TEXT,
    last_step INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT mfa_factors_pkey PRIMARY KEY (id),
    CONSTRAINT mfa_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_mfa_factors_user_id_idx ON auth_mfa_factors (user_id);

-- What a second factor was asked.
CREATE TABLE auth_mfa_challenges (
    id TEXT NOT NULL,
    factor_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    verified_at TEXT,
    ip_address TEXT,
    otp_code TEXT,
    CONSTRAINT mfa_challenges_pkey PRIMARY KEY (id),
    CONSTRAINT mfa_challenges_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth_mfa_factors (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_mfa_challenges_factor_id_idx ON auth_mfa_challenges (factor_id);

-- What was sent to somebody, as a hash: it works once.
CREATE TABLE auth_one_time_tokens (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token_type TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    relates_to TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX auth_one_time_tokens_user_id_key ON auth_one_time_tokens (user_id, token_type);
CREATE INDEX auth_one_time_tokens_token_hash_idx ON auth_one_time_tokens (token_hash);

-- A sign-in that goes through another site, or through a mail.
CREATE TABLE auth_flow_state (
    id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    user_id TEXT,
    auth_code TEXT,
    code_challenge_method TEXT,
    code_challenge TEXT,
    provider_type TEXT NOT NULL,
    provider_access_token TEXT,
    provider_refresh_token TEXT,
    provider_verifier TEXT,
    nonce TEXT,
    redirect_to TEXT,
    linking_target_id TEXT,
    invite_token TEXT,
    authentication_method TEXT NOT NULL,
    auth_code_issued_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT flow_state_pkey PRIMARY KEY (id),
    CONSTRAINT flow_state_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_flow_state_auth_code_idx ON auth_flow_state (auth_code);
CREATE INDEX auth_flow_state_created_at_idx ON auth_flow_state (created_at);

-- What was sent, or would have been: the development mailbox.
CREATE TABLE auth_mails (
    id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    template TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT,
    state TEXT NOT NULL,
    error TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (id)
) STRICT;
CREATE INDEX auth_mails_created_at_idx ON auth_mails (instance_id, created_at);

-- What an AI agent may do, and what it has done.
CREATE TABLE auth_agents (
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    tools TEXT NOT NULL,
    doors TEXT NOT NULL,
    read_only INTEGER NOT NULL DEFAULT 1,
    calls_per_hour INTEGER,
    calls_per_day INTEGER,
    rows_per_hour INTEGER,
    cost_per_day INTEGER,
    risk_level TEXT NOT NULL DEFAULT 'low',
    state TEXT NOT NULL DEFAULT 'active',
    why TEXT,
    expires_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT agents_pkey PRIMARY KEY (user_id),
    CONSTRAINT agents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT agents_tools_check CHECK (json_valid(tools)),
    CONSTRAINT agents_doors_check CHECK (json_valid(doors))
) STRICT;

-- Acts of agents, and what was refused.
CREATE TABLE auth_agent_log (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at TEXT NOT NULL,
    what TEXT NOT NULL,
    result TEXT NOT NULL,
    details TEXT,
    CONSTRAINT agent_log_pkey PRIMARY KEY (id),
    CONSTRAINT agent_log_details_check CHECK (json_valid(details))
) STRICT;
CREATE INDEX auth_agent_log_user_id_idx ON auth_agent_log (user_id, at);
