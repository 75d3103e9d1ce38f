-- Passkeys: the public halves.
CREATE TABLE auth_webauthn_credentials (
    id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    factor_id TEXT,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    sign_count INTEGER NOT NULL DEFAULT 0,
    aaguid TEXT NOT NULL,
    transports TEXT NOT NULL,
    backed_up INTEGER NOT NULL DEFAULT 0,
    friendly_name TEXT,
    rp_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_at TEXT,
    CONSTRAINT webauthn_credentials_pkey PRIMARY KEY (id),
    CONSTRAINT webauthn_credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE,
    CONSTRAINT webauthn_credentials_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth_mfa_factors (id) ON DELETE CASCADE,
    CONSTRAINT webauthn_credentials_transports_check CHECK (json_valid(transports))
) STRICT;
CREATE UNIQUE INDEX auth_webauthn_credentials_credential_id_key ON auth_webauthn_credentials (instance_id, credential_id);
CREATE INDEX auth_webauthn_credentials_user_id_idx ON auth_webauthn_credentials (user_id);
CREATE INDEX auth_webauthn_credentials_factor_id_idx ON auth_webauthn_credentials (factor_id);

-- What a passkey was asked to sign; each is answered once.
CREATE TABLE auth_webauthn_challenges (
    id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    user_id TEXT,
    factor_id TEXT,
    purpose TEXT NOT NULL,
    challenge TEXT NOT NULL,
    rp_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT webauthn_challenges_pkey PRIMARY KEY (id),
    CONSTRAINT webauthn_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_webauthn_challenges_created_at_idx ON auth_webauthn_challenges (created_at);
CREATE INDEX auth_webauthn_challenges_user_id_idx ON auth_webauthn_challenges (user_id);
