-- Keys that sign the tokens of a project. Their private halves are sealed.
CREATE TABLE auth_signing_keys (
    id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    sealed TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (id),
    CONSTRAINT signing_keys_public_jwk_check CHECK (json_valid(public_jwk))
) STRICT;
CREATE UNIQUE INDEX auth_signing_keys_current_key ON auth_signing_keys (project_id) WHERE status = 'current';
CREATE INDEX auth_signing_keys_project_id_idx ON auth_signing_keys (project_id);

-- Keys of apps, services and agents, as hashes.
CREATE TABLE auth_api_keys (
    id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    shown TEXT NOT NULL,
    hash TEXT NOT NULL,
    role TEXT NOT NULL,
    scopes TEXT NOT NULL,
    user_id TEXT,
    expires_at TEXT,
    revoked_at TEXT,
    last_used_at TEXT,
    replaces TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_hash_key UNIQUE (hash),
    CONSTRAINT api_keys_scopes_check CHECK (json_valid(scopes))
) STRICT;
CREATE INDEX auth_api_keys_project_id_idx ON auth_api_keys (project_id, created_at);
