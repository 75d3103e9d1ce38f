CREATE TABLE auth.webauthn_credentials (
    id uuid NOT NULL,
    instance_id uuid NOT NULL,
    user_id uuid NOT NULL,
    factor_id uuid,
    credential_id text NOT NULL,
    public_key text NOT NULL,
    sign_count bigint NOT NULL DEFAULT 0,
    aaguid text NOT NULL,
    transports jsonb NOT NULL,
    backed_up boolean NOT NULL DEFAULT false,
    friendly_name text,
    rp_id text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT webauthn_credentials_pkey PRIMARY KEY (id),
    CONSTRAINT webauthn_credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE,
    CONSTRAINT webauthn_credentials_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES auth.mfa_factors (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX webauthn_credentials_credential_id_key ON auth.webauthn_credentials (instance_id, credential_id);
CREATE INDEX webauthn_credentials_user_id_idx ON auth.webauthn_credentials (user_id);
CREATE INDEX webauthn_credentials_factor_id_idx ON auth.webauthn_credentials (factor_id);
COMMENT ON TABLE auth.webauthn_credentials IS 'Passkeys: the public halves.';
ALTER TABLE auth.webauthn_credentials ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.webauthn_challenges (
    id uuid NOT NULL,
    instance_id uuid NOT NULL,
    user_id uuid,
    factor_id uuid,
    purpose text NOT NULL,
    challenge text NOT NULL,
    rp_id text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT webauthn_challenges_pkey PRIMARY KEY (id),
    CONSTRAINT webauthn_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX webauthn_challenges_created_at_idx ON auth.webauthn_challenges (created_at);
CREATE INDEX webauthn_challenges_user_id_idx ON auth.webauthn_challenges (user_id);
COMMENT ON TABLE auth.webauthn_challenges IS 'What a passkey was asked to sign; each is answered once.';
ALTER TABLE auth.webauthn_challenges ENABLE ROW LEVEL SECURITY;

GRANT ALL ON auth.webauthn_credentials, auth.webauthn_challenges TO service_role;
