-- A role holds what its parents hold as well.
CREATE TABLE auth.role_parents (
    role_id uuid NOT NULL,
    parent_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT role_parents_pkey PRIMARY KEY (role_id, parent_id),
    CONSTRAINT role_parents_check CHECK (role_id <> parent_id),
    CONSTRAINT role_parents_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag.roles (id) ON DELETE CASCADE,
    CONSTRAINT role_parents_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES mag.roles (id) ON DELETE CASCADE
);
CREATE INDEX role_parents_parent_id_idx ON auth.role_parents (parent_id);
COMMENT ON TABLE auth.role_parents IS 'A role holds what its parents hold as well.';
ALTER TABLE auth.role_parents ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.invitations (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    email text NOT NULL,
    role_id uuid,
    token_hash text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    invited_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
    CONSTRAINT invitations_state_check CHECK (state IN ('waiting', 'accepted', 'revoked')),
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT invitations_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag.roles (id) ON DELETE CASCADE
);
CREATE INDEX invitations_organization_id_idx ON auth.invitations (organization_id, created_at);
COMMENT ON TABLE auth.invitations IS 'Somebody was asked to join an organization. What was mailed is kept as a hash: it works once.';
ALTER TABLE auth.invitations ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.ended_sessions (
    session_id uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    CONSTRAINT ended_sessions_pkey PRIMARY KEY (session_id)
);
CREATE INDEX ended_sessions_ended_at_idx ON auth.ended_sessions (ended_at);
COMMENT ON TABLE auth.ended_sessions IS 'Sessions that were ended while their tokens were still good; forgotten when no token can be.';
ALTER TABLE auth.ended_sessions ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.agent_asks (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    what text NOT NULL,
    fingerprint text NOT NULL,
    door text NOT NULL,
    risk text NOT NULL,
    input jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    times bigint NOT NULL DEFAULT 1,
    why text,
    decided_by text,
    decided_at timestamptz,
    good_until timestamptz,
    uses_left bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT agent_asks_pkey PRIMARY KEY (id),
    CONSTRAINT agent_asks_state_check CHECK (state IN ('waiting', 'approved', 'denied', 'used')),
    CONSTRAINT agent_asks_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
CREATE INDEX agent_asks_user_id_idx ON auth.agent_asks (user_id, created_at);
COMMENT ON TABLE auth.agent_asks IS 'What agents have asked for beyond their risk level, and what became of it.';
ALTER TABLE auth.agent_asks ENABLE ROW LEVEL SECURITY;

CREATE TABLE auth.agent_spending (
    user_id uuid NOT NULL,
    span text NOT NULL,
    began bigint NOT NULL,
    calls bigint NOT NULL,
    rows bigint NOT NULL,
    cost bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT agent_spending_pkey PRIMARY KEY (user_id, span),
    CONSTRAINT agent_spending_span_check CHECK (span IN ('hour', 'day')),
    CONSTRAINT agent_spending_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE
);
COMMENT ON TABLE auth.agent_spending IS 'What agents have spent in the hour and in the day that is under way.';
ALTER TABLE auth.agent_spending ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth.agents ADD COLUMN rows_per_day bigint;
ALTER TABLE auth.agents ADD COLUMN cost_per_hour bigint;
-- Agents of before were made without any of these bounds: their tools are all, their risk is theirs.
UPDATE auth.agents SET risk_level = 'high' WHERE NOT read_only;

-- The board's own work runs as `service_role`; nobody else gets anything.
GRANT ALL ON auth.role_parents, auth.invitations, auth.ended_sessions, auth.agent_asks, auth.agent_spending TO service_role;
GRANT ALL ON mag.organizations, mag.memberships, mag.teams, mag.team_members, mag.projects, mag.roles, mag.permissions, mag.role_permissions, mag.role_bindings TO service_role;

-- What the built-in roles allow at the operations, by the names that operations ask for.

INSERT INTO mag.permissions (name) VALUES
    ('admin.*'),
    ('audit.read'),
    ('auth.*'),
    ('auth.agents.read'),
    ('auth.keys.read'),
    ('auth.mails.read'),
    ('auth.orgs.read'),
    ('auth.users.read'),
    ('board.*'),
    ('board.read'),
    ('config.*'),
    ('events.*'),
    ('events.read'),
    ('jobs.*'),
    ('jobs.read'),
    ('logs.*'),
    ('logs.read'),
    ('policy.*'),
    ('policy.read'),
    ('project.*'),
    ('project.read'),
    ('project.write'),
    ('rows.*'),
    ('rows.read'),
    ('schema.*'),
    ('schema.read'),
    ('source.*'),
    ('source.inspect'),
    ('source.read'),
    ('sql.*')
ON CONFLICT (name) DO NOTHING;

INSERT INTO mag.role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag.roles r CROSS JOIN mag.permissions p
WHERE r.organization_id IS NULL AND r.name = 'admin' AND p.name IN ('admin.*', 'audit.read', 'auth.*', 'board.*', 'config.*', 'events.*', 'jobs.*', 'logs.*', 'policy.*', 'project.*', 'rows.*', 'schema.*', 'source.*', 'sql.*')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag.role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag.roles r CROSS JOIN mag.permissions p
WHERE r.organization_id IS NULL AND r.name = 'developer' AND p.name IN ('auth.agents.read', 'auth.keys.read', 'auth.mails.read', 'auth.orgs.read', 'auth.users.read', 'board.read', 'events.read', 'jobs.read', 'logs.read', 'policy.*', 'project.read', 'project.write', 'rows.*', 'schema.*', 'source.*', 'sql.*')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag.role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag.roles r CROSS JOIN mag.permissions p
WHERE r.organization_id IS NULL AND r.name = 'viewer' AND p.name IN ('board.read', 'jobs.read', 'policy.read', 'project.read', 'rows.read', 'schema.read', 'source.inspect', 'source.read')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag.role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag.roles r CROSS JOIN mag.permissions p
WHERE r.organization_id IS NULL AND r.name = 'security_auditor' AND p.name IN ('audit.read', 'auth.agents.read', 'auth.keys.read', 'auth.orgs.read', 'auth.users.read', 'board.read', 'logs.read', 'policy.read', 'project.read', 'schema.read', 'source.read')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag.role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag.roles r CROSS JOIN mag.permissions p
WHERE r.organization_id IS NULL AND r.name = 'data_analyst' AND p.name IN ('project.read', 'rows.read', 'schema.read', 'source.inspect', 'source.read')
ON CONFLICT (role_id, permission_id) DO NOTHING;
