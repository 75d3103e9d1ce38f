-- A role holds what its parents hold as well.
CREATE TABLE auth_role_parents (
    role_id TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT role_parents_pkey PRIMARY KEY (role_id, parent_id),
    CONSTRAINT role_parents_check CHECK (role_id <> parent_id),
    CONSTRAINT role_parents_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag_roles (id) ON DELETE CASCADE,
    CONSTRAINT role_parents_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES mag_roles (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_role_parents_parent_id_idx ON auth_role_parents (parent_id);

-- Somebody was asked to join an organization. What was mailed is kept as a hash: it works once.
CREATE TABLE auth_invitations (
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    email TEXT NOT NULL,
    role_id TEXT,
    token_hash TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    invited_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    accepted_by TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
    CONSTRAINT invitations_state_check CHECK (state IN ('waiting', 'accepted', 'revoked')),
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT invitations_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag_roles (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_invitations_organization_id_idx ON auth_invitations (organization_id, created_at);

-- Sessions that were ended while their tokens were still good; forgotten when no token can be.
CREATE TABLE auth_ended_sessions (
    session_id TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    CONSTRAINT ended_sessions_pkey PRIMARY KEY (session_id)
) STRICT;
CREATE INDEX auth_ended_sessions_ended_at_idx ON auth_ended_sessions (ended_at);

-- What agents have asked for beyond their risk level, and what became of it.
CREATE TABLE auth_agent_asks (
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    what TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    door TEXT NOT NULL,
    risk TEXT NOT NULL,
    input TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    times INTEGER NOT NULL DEFAULT 1,
    why TEXT,
    decided_by TEXT,
    decided_at TEXT,
    good_until TEXT,
    uses_left INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT agent_asks_pkey PRIMARY KEY (id),
    CONSTRAINT agent_asks_state_check CHECK (state IN ('waiting', 'approved', 'denied', 'used')),
    CONSTRAINT agent_asks_input_check CHECK (json_valid(input)),
    CONSTRAINT agent_asks_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_agent_asks_user_id_idx ON auth_agent_asks (user_id, created_at);

-- What agents have spent in the hour and in the day that is under way.
CREATE TABLE auth_agent_spending (
    user_id TEXT NOT NULL,
    span TEXT NOT NULL,
    began INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT agent_spending_pkey PRIMARY KEY (user_id, span),
    CONSTRAINT agent_spending_span_check CHECK (span IN ('hour', 'day')),
    CONSTRAINT agent_spending_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users (id) ON DELETE CASCADE
) STRICT;

ALTER TABLE auth_agents ADD COLUMN rows_per_day INTEGER;
ALTER TABLE auth_agents ADD COLUMN cost_per_hour INTEGER;
-- Agents of before were made without any of these bounds: their tools are all, their risk is theirs.
UPDATE auth_agents SET risk_level = 'high' WHERE read_only = 0;

-- What the built-in roles allow at the operations, by the names that operations ask for.

INSERT INTO mag_permissions (name) VALUES
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

INSERT INTO mag_role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag_roles r CROSS JOIN mag_permissions p
WHERE r.organization_id IS NULL AND r.name = 'admin' AND p.name IN ('admin.*', 'audit.read', 'auth.*', 'board.*', 'config.*', 'events.*', 'jobs.*', 'logs.*', 'policy.*', 'project.*', 'rows.*', 'schema.*', 'source.*', 'sql.*')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag_role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag_roles r CROSS JOIN mag_permissions p
WHERE r.organization_id IS NULL AND r.name = 'developer' AND p.name IN ('auth.agents.read', 'auth.keys.read', 'auth.mails.read', 'auth.orgs.read', 'auth.users.read', 'board.read', 'events.read', 'jobs.read', 'logs.read', 'policy.*', 'project.read', 'project.write', 'rows.*', 'schema.*', 'source.*', 'sql.*')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag_role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag_roles r CROSS JOIN mag_permissions p
WHERE r.organization_id IS NULL AND r.name = 'viewer' AND p.name IN ('board.read', 'jobs.read', 'policy.read', 'project.read', 'rows.read', 'schema.read', 'source.inspect', 'source.read')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag_role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag_roles r CROSS JOIN mag_permissions p
WHERE r.organization_id IS NULL AND r.name = 'security_auditor' AND p.name IN ('audit.read', 'auth.agents.read', 'auth.keys.read', 'auth.orgs.read', 'auth.users.read', 'board.read', 'logs.read', 'policy.read', 'project.read', 'schema.read', 'source.read')
ON CONFLICT (role_id, permission_id) DO NOTHING;

INSERT INTO mag_role_permissions (role_id, permission_id)
SELECT r.id, p.id FROM mag_roles r CROSS JOIN mag_permissions p
WHERE r.organization_id IS NULL AND r.name = 'data_analyst' AND p.name IN ('project.read', 'rows.read', 'schema.read', 'source.inspect', 'source.read')
ON CONFLICT (role_id, permission_id) DO NOTHING;
