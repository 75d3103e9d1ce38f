CREATE SCHEMA IF NOT EXISTS auth;

CREATE TABLE auth.signing_keys (
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    algorithm text NOT NULL,
    sealed text NOT NULL,
    public_jwk jsonb NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX signing_keys_current_key ON auth.signing_keys (project_id) WHERE status = 'current';
CREATE INDEX signing_keys_project_id_idx ON auth.signing_keys (project_id);
COMMENT ON TABLE auth.signing_keys IS 'Keys that sign the tokens of a project. Their private halves are sealed.';
ALTER TABLE auth.signing_keys ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.api_keys (
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    shown text NOT NULL,
    hash text NOT NULL,
    role text NOT NULL,
    scopes jsonb NOT NULL,
    user_id uuid,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    replaces uuid,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_hash_key UNIQUE (hash)
);
CREATE INDEX api_keys_project_id_idx ON auth.api_keys (project_id, created_at);
COMMENT ON TABLE auth.api_keys IS 'Keys of apps, services and agents, as hashes.';
ALTER TABLE auth.api_keys ENABLE ROW LEVEL SECURITY;

-- The board's own work runs as `service_role`; nobody else gets anything.
GRANT USAGE ON SCHEMA auth TO service_role;
GRANT ALL ON auth.signing_keys, auth.api_keys TO service_role;
