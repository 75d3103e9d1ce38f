CREATE SCHEMA IF NOT EXISTS auth;

-- It may be there already, empty or with users of an app that was moved here.
CREATE TABLE IF NOT EXISTS auth.users (
    id uuid NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS instance_id uuid;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS aud text;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS role text;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email text;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS encrypted_password text;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email_confirmed_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS invited_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS confirmation_token text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS confirmation_sent_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS recovery_token text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS recovery_sent_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email_change_token_new text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email_change text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email_change_sent_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS last_sign_in_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS raw_app_meta_data jsonb;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS raw_user_meta_data jsonb;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS is_super_admin boolean;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS created_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS updated_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS phone text;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS phone_confirmed_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS phone_change text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS phone_change_token text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS phone_change_sent_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email_change_token_current text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS email_change_confirm_status bigint DEFAULT 0;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS banned_until timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS reauthentication_token text DEFAULT '';
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS reauthentication_sent_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS is_sso_user boolean NOT NULL DEFAULT false;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
ALTER TABLE auth.users ADD COLUMN IF NOT EXISTS is_anonymous boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX IF NOT EXISTS users_email_key ON auth.users (instance_id, email) WHERE email IS NOT NULL AND NOT is_sso_user;
CREATE UNIQUE INDEX IF NOT EXISTS users_phone_key ON auth.users (instance_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX IF NOT EXISTS users_created_at_idx ON auth.users (instance_id, created_at);
COMMENT ON TABLE auth.users IS 'Whoever signs in. Their base is in the users of the base model, under the same id.';
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.identities (
    id uuid NOT NULL,
    provider_id text NOT NULL,
    user_id uuid NOT NULL,
    identity_data jsonb NOT NULL,
    provider text NOT NULL,
    email text,
    instance_id uuid NOT NULL,
    last_sign_in_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT identities_pkey PRIMARY KEY (id),
    CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX identities_provider_key ON auth.identities (instance_id, provider, provider_id);
CREATE INDEX identities_user_id_idx ON auth.identities (user_id);
COMMENT ON TABLE auth.identities IS 'The ways in which somebody signs in.';
ALTER TABLE auth.identities ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    factor_id uuid,
    aal text NOT NULL DEFAULT 'aal1',
    not_after timestamptz,
    refreshed_at timestamptz,
    user_agent text,
    ip text,
    tag text,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_id_idx ON auth.sessions (user_id);
COMMENT ON TABLE auth.sessions IS 'One for each sign-in, until it is ended.';
ALTER TABLE auth.sessions ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.refresh_tokens (
    id uuid NOT NULL,
    instance_id uuid,
    token text NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    parent text,
    revoked boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_token_key UNIQUE (token),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions (id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_session_id_idx ON auth.refresh_tokens (session_id);
CREATE INDEX refresh_tokens_user_id_idx ON auth.refresh_tokens (user_id);
CREATE INDEX refresh_tokens_parent_idx ON auth.refresh_tokens (parent);
COMMENT ON TABLE auth.refresh_tokens IS 'Each is used once; what is kept is its hash.';
ALTER TABLE auth.refresh_tokens ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.mfa_amr_claims (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    authentication_method text NOT NULL,
    CONSTRAINT mfa_amr_claims_pkey PRIMARY KEY (id),
    CONSTRAINT mfa_amr_claims_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth.sessions (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX mfa_amr_claims_session_id_key ON auth.mfa_amr_claims (session_id, authentication_method);
COMMENT ON TABLE auth.mfa_amr_claims IS 'How a session was begun.';
ALTER TABLE auth.mfa_amr_claims ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.mfa_factors (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    friendly_name text,
    factor_type text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    secret text,
    phone text,
    last_challenged_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0,
    CONSTRAINT mfa_factors_pkey PRIMARY KEY (id),
    CONSTRAINT mfa_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX mfa_factors_user_id_idx ON auth.mfa_factors (user_id);
COMMENT ON TABLE auth.mfa_factors IS 'Second factors. Their secrets are sealed.';
ALTER TABLE auth.mfa_factors ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.mfa_challenges (
    id uuid NOT NULL,
    factor_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    verified_at timestamptz,
    ip_address text,
    otp_code text,
    CONSTRAINT mfa_challenges_pkey PRIMARY KEY (id),
    CONSTRAINT mfa_challenges_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth.mfa_factors (id) ON DELETE CASCADE
);
CREATE INDEX mfa_challenges_factor_id_idx ON auth.mfa_challenges (factor_id);
COMMENT ON TABLE auth.mfa_challenges IS 'What a second factor was asked.';
ALTER TABLE auth.mfa_challenges ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.one_time_tokens (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_type text NOT NULL,
    token_hash text NOT NULL,
    relates_to text NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX one_time_tokens_user_id_key ON auth.one_time_tokens (user_id, token_type);
CREATE INDEX one_time_tokens_token_hash_idx ON auth.one_time_tokens (token_hash);
COMMENT ON TABLE auth.one_time_tokens IS 'What was sent to somebody, as a hash: it works once.';
ALTER TABLE auth.one_time_tokens ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.flow_state (
    id uuid NOT NULL,
    instance_id uuid NOT NULL,
    user_id uuid,
    auth_code text,
    code_challenge_method text,
    code_challenge text,
    provider_type text NOT NULL,
    provider_access_token text,
    provider_refresh_token text,
    provider_verifier text,
    nonce text,
    redirect_to text,
    linking_target_id uuid,
    invite_token text,
    authentication_method text NOT NULL,
    auth_code_issued_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT flow_state_pkey PRIMARY KEY (id),
    CONSTRAINT flow_state_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX flow_state_auth_code_idx ON auth.flow_state (auth_code);
CREATE INDEX flow_state_created_at_idx ON auth.flow_state (created_at);
COMMENT ON TABLE auth.flow_state IS 'A sign-in that goes through another site, or through a mail.';
ALTER TABLE auth.flow_state ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.mails (
    id uuid NOT NULL,
    instance_id uuid NOT NULL,
    recipient text NOT NULL,
    channel text NOT NULL,
    template text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    html text,
    state text NOT NULL,
    error text,
    created_at timestamptz NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (id)
);
CREATE INDEX mails_created_at_idx ON auth.mails (instance_id, created_at);
COMMENT ON TABLE auth.mails IS 'What was sent, or would have been: the development mailbox.';
ALTER TABLE auth.mails ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.agents (
    user_id uuid NOT NULL,
    role text NOT NULL,
    tools jsonb NOT NULL,
    doors jsonb NOT NULL,
    read_only boolean NOT NULL DEFAULT true,
    calls_per_hour bigint,
    calls_per_day bigint,
    rows_per_hour bigint,
    cost_per_day bigint,
    risk_level text NOT NULL DEFAULT 'low',
    state text NOT NULL DEFAULT 'active',
    why text,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT agents_pkey PRIMARY KEY (user_id),
    CONSTRAINT agents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
COMMENT ON TABLE auth.agents IS 'What an AI agent may do, and what it has done.';
ALTER TABLE auth.agents ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.agent_log (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamptz NOT NULL,
    what text NOT NULL,
    result text NOT NULL,
    details jsonb,
    CONSTRAINT agent_log_pkey PRIMARY KEY (id)
);
CREATE INDEX agent_log_user_id_idx ON auth.agent_log (user_id, at);
COMMENT ON TABLE auth.agent_log IS 'Acts of agents, and what was refused.';
ALTER TABLE auth.agent_log ENABLE ROW LEVEL SECURITY;

-- The board's own work runs as `service_role`; nobody else gets anything.
GRANT USAGE ON SCHEMA auth TO service_role;
GRANT ALL ON auth.users, auth.identities, auth.sessions, auth.refresh_tokens, auth.mfa_amr_claims, auth.mfa_factors, auth.mfa_challenges, auth.one_time_tokens, auth.flow_state, auth.mails, auth.agents, auth.agent_log TO service_role;
GRANT ALL ON mag.users TO service_role;
GRANT SELECT ON mag.roles, mag.permissions, mag.role_permissions, mag.role_bindings TO service_role;
GRANT USAGE ON SCHEMA mag TO service_role;
