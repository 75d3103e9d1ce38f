CREATE SCHEMA IF NOT EXISTS mag;

COMMENT ON SCHEMA mag IS 'The base that every database of MagFlock has. Apps add tables of their own and leave these as they are.';

CREATE TABLE mag.organizations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    slug text NOT NULL,
    name text NOT NULL,
    owner_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'active',
    settings jsonb NOT NULL DEFAULT '{}',
    custom_fields jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug_key UNIQUE (slug),
    CONSTRAINT organizations_slug_check CHECK (slug <> '' AND slug = lower(slug)),
    CONSTRAINT organizations_status_check CHECK (status IN ('active', 'suspended', 'archived'))
);
CREATE INDEX organizations_owner_id_idx ON mag.organizations (owner_id);
CREATE INDEX organizations_created_by_idx ON mag.organizations (created_by);
COMMENT ON TABLE mag.organizations IS 'Tenants. Every row of an app points at one.';
COMMENT ON COLUMN mag.organizations.slug IS 'Its name in addresses.';
COMMENT ON COLUMN mag.organizations.owner_id IS 'Who answers for it.';
COMMENT ON COLUMN mag.organizations.custom_fields IS 'What the app adds to the core, by the definitions of its custom fields.';
ALTER TABLE mag.organizations ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.users (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_type text NOT NULL,
    organization_id uuid,
    owner_id uuid,
    purpose text,
    email text,
    display_name text NOT NULL,
    status text NOT NULL DEFAULT 'active',
    custom_fields jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_user_type_check CHECK (user_type IN ('human', 'ai_agent', 'service_account', 'system')),
    CONSTRAINT users_agent_check CHECK (user_type <> 'ai_agent' OR (owner_id IS NOT NULL AND purpose IS NOT NULL)),
    CONSTRAINT users_owner_check CHECK (owner_id <> id),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'invited', 'suspended')),
    CONSTRAINT users_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE SET NULL,
    CONSTRAINT users_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES mag.users (id) ON DELETE RESTRICT,
    CONSTRAINT users_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX users_email_key ON mag.users (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX users_user_type_idx ON mag.users (user_type);
CREATE INDEX users_organization_id_idx ON mag.users (organization_id);
CREATE INDEX users_owner_id_idx ON mag.users (owner_id);
CREATE INDEX users_created_by_idx ON mag.users (created_by);
COMMENT ON TABLE mag.users IS 'Whoever acts: people, agents, services and the system itself.';
COMMENT ON COLUMN mag.users.user_type IS 'human, ai_agent, service_account or system.';
COMMENT ON COLUMN mag.users.organization_id IS 'Where it is at home. Rights come from memberships.';
COMMENT ON COLUMN mag.users.owner_id IS 'Who answers for an agent or a service.';
COMMENT ON COLUMN mag.users.purpose IS 'What an agent is for.';
COMMENT ON COLUMN mag.users.custom_fields IS 'What the app adds to the core, by the definitions of its custom fields.';
ALTER TABLE mag.users ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.memberships (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT memberships_pkey PRIMARY KEY (id),
    CONSTRAINT memberships_organization_id_user_id_key UNIQUE (organization_id, user_id),
    CONSTRAINT memberships_status_check CHECK (status IN ('invited', 'active', 'suspended')),
    CONSTRAINT memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES mag.users (id) ON DELETE CASCADE,
    CONSTRAINT memberships_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX memberships_user_id_idx ON mag.memberships (user_id);
CREATE INDEX memberships_created_by_idx ON mag.memberships (created_by);
COMMENT ON TABLE mag.memberships IS 'Who belongs to which organization.';
ALTER TABLE mag.memberships ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.teams (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    description text,
    custom_fields jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT teams_pkey PRIMARY KEY (id),
    CONSTRAINT teams_organization_id_slug_key UNIQUE (organization_id, slug),
    CONSTRAINT teams_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT teams_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT teams_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX teams_created_by_idx ON mag.teams (created_by);
COMMENT ON TABLE mag.teams IS 'Groups inside of an organization.';
COMMENT ON COLUMN mag.teams.custom_fields IS 'What the app adds to the core, by the definitions of its custom fields.';
ALTER TABLE mag.teams ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.team_members (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT team_members_pkey PRIMARY KEY (id),
    CONSTRAINT team_members_team_id_user_id_key UNIQUE (team_id, user_id),
    CONSTRAINT team_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT team_members_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES mag.teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT team_members_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES mag.memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT team_members_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX team_members_organization_id_team_id_idx ON mag.team_members (organization_id, team_id);
CREATE INDEX team_members_organization_id_user_id_idx ON mag.team_members (organization_id, user_id);
CREATE INDEX team_members_created_by_idx ON mag.team_members (created_by);
COMMENT ON TABLE mag.team_members IS 'Who is in which team.';
ALTER TABLE mag.team_members ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.projects (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'active',
    settings jsonb NOT NULL DEFAULT '{}',
    custom_fields jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT projects_pkey PRIMARY KEY (id),
    CONSTRAINT projects_organization_id_slug_key UNIQUE (organization_id, slug),
    CONSTRAINT projects_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT projects_status_check CHECK (status IN ('active', 'paused', 'archived')),
    CONSTRAINT projects_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT projects_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX projects_created_by_idx ON mag.projects (created_by);
COMMENT ON TABLE mag.projects IS 'What an organization works on. A project has sources, keys and members of its own.';
COMMENT ON COLUMN mag.projects.custom_fields IS 'What the app adds to the core, by the definitions of its custom fields.';
ALTER TABLE mag.projects ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.permissions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    description text,
    extension text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT permissions_pkey PRIMARY KEY (id),
    CONSTRAINT permissions_name_key UNIQUE (name),
    CONSTRAINT permissions_name_check CHECK (name <> ''),
    CONSTRAINT permissions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX permissions_created_by_idx ON mag.permissions (created_by);
COMMENT ON TABLE mag.permissions IS 'What can be allowed, by the names of operations.';
COMMENT ON COLUMN mag.permissions.name IS 'crm:leads:read; a star stands for all of a kind.';
COMMENT ON COLUMN mag.permissions.extension IS 'The extension that brought it.';
ALTER TABLE mag.permissions ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.roles (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid,
    name text NOT NULL,
    description text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_name_check CHECK (name <> ''),
    CONSTRAINT roles_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT roles_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX roles_organization_id_name_key ON mag.roles (organization_id, name);
CREATE UNIQUE INDEX roles_built_in_name_key ON mag.roles (name) WHERE organization_id IS NULL;
CREATE INDEX roles_created_by_idx ON mag.roles (created_by);
COMMENT ON TABLE mag.roles IS 'Named sets of permissions: built in, or of one organization.';
COMMENT ON COLUMN mag.roles.organization_id IS 'Empty when it is built in.';
ALTER TABLE mag.roles ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.role_permissions (
    role_id uuid NOT NULL,
    permission_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission_id),
    CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag.roles (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_permission_id_fkey FOREIGN KEY (permission_id) REFERENCES mag.permissions (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX role_permissions_permission_id_idx ON mag.role_permissions (permission_id);
CREATE INDEX role_permissions_created_by_idx ON mag.role_permissions (created_by);
COMMENT ON TABLE mag.role_permissions IS 'What a role allows.';
ALTER TABLE mag.role_permissions ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.role_bindings (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    role_id uuid NOT NULL,
    user_id uuid,
    holder_team_id uuid,
    scope text NOT NULL DEFAULT 'organization',
    project_id uuid,
    team_id uuid,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT role_bindings_pkey PRIMARY KEY (id),
    CONSTRAINT role_bindings_holder_check CHECK ((user_id IS NULL) <> (holder_team_id IS NULL)),
    CONSTRAINT role_bindings_scope_check CHECK ((scope = 'organization' AND project_id IS NULL AND team_id IS NULL) OR (scope = 'project' AND project_id IS NOT NULL AND team_id IS NULL) OR (scope = 'team' AND team_id IS NOT NULL AND project_id IS NULL)),
    CONSTRAINT role_bindings_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag.roles (id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_user_id_fkey FOREIGN KEY (user_id) REFERENCES mag.users (id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_holder_team_id_fkey FOREIGN KEY (organization_id, holder_team_id) REFERENCES mag.teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES mag.projects (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES mag.teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX role_bindings_organization_id_holder_team_id_idx ON mag.role_bindings (organization_id, holder_team_id);
CREATE INDEX role_bindings_organization_id_project_id_idx ON mag.role_bindings (organization_id, project_id);
CREATE INDEX role_bindings_organization_id_team_id_idx ON mag.role_bindings (organization_id, team_id);
CREATE INDEX role_bindings_role_id_idx ON mag.role_bindings (role_id);
CREATE INDEX role_bindings_user_id_idx ON mag.role_bindings (user_id);
CREATE INDEX role_bindings_created_by_idx ON mag.role_bindings (created_by);
COMMENT ON TABLE mag.role_bindings IS 'Who has which role, and where: in the whole organization, one project or one team.';
COMMENT ON COLUMN mag.role_bindings.user_id IS 'Who has it, or';
COMMENT ON COLUMN mag.role_bindings.holder_team_id IS 'whose members have it.';
ALTER TABLE mag.role_bindings ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.comments (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    commentable_type text NOT NULL,
    commentable_id text NOT NULL,
    parent_id uuid,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT comments_body_check CHECK (body <> ''),
    CONSTRAINT comments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT comments_parent_id_fkey FOREIGN KEY (organization_id, parent_id) REFERENCES mag.comments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT comments_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX comments_commentable_idx ON mag.comments (commentable_type, commentable_id);
CREATE INDEX comments_organization_id_parent_id_idx ON mag.comments (organization_id, parent_id);
CREATE INDEX comments_created_by_idx ON mag.comments (created_by);
COMMENT ON TABLE mag.comments IS 'What somebody said about a row of any table.';
COMMENT ON COLUMN mag.comments.commentable_type IS 'The table, with its schema.';
COMMENT ON COLUMN mag.comments.commentable_id IS 'The key of the row, as text.';
COMMENT ON COLUMN mag.comments.parent_id IS 'The comment that this one answers.';
ALTER TABLE mag.comments ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.attachments (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    attachable_type text NOT NULL,
    attachable_id text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL DEFAULT 'application/octet-stream',
    bytes bigint NOT NULL DEFAULT 0,
    checksum text,
    storage_path text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT attachments_pkey PRIMARY KEY (id),
    CONSTRAINT attachments_bytes_check CHECK (bytes >= 0),
    CONSTRAINT attachments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT attachments_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX attachments_attachable_idx ON mag.attachments (attachable_type, attachable_id);
CREATE INDEX attachments_organization_id_idx ON mag.attachments (organization_id);
CREATE INDEX attachments_created_by_idx ON mag.attachments (created_by);
COMMENT ON TABLE mag.attachments IS 'Files that belong to a row of any table. The bytes are in the storage.';
COMMENT ON COLUMN mag.attachments.attachable_type IS 'The table, with its schema.';
COMMENT ON COLUMN mag.attachments.attachable_id IS 'The key of the row, as text.';
COMMENT ON COLUMN mag.attachments.checksum IS 'SHA-256 in hexadecimal digits.';
ALTER TABLE mag.attachments ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.audit_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    sequence bigint NOT NULL,
    organization_id uuid,
    project_id uuid,
    actor_id uuid,
    actor_type text NOT NULL,
    door text NOT NULL,
    operation text NOT NULL,
    subject_type text,
    subject_id text,
    outcome text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now(),
    previous_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (id),
    CONSTRAINT audit_logs_sequence_key UNIQUE (sequence),
    CONSTRAINT audit_logs_hash_key UNIQUE (hash),
    CONSTRAINT audit_logs_outcome_check CHECK (outcome IN ('done', 'refused', 'failed'))
);
CREATE INDEX audit_logs_organization_id_at_idx ON mag.audit_logs (organization_id, at);
CREATE INDEX audit_logs_actor_id_at_idx ON mag.audit_logs (actor_id, at);
CREATE INDEX audit_logs_subject_idx ON mag.audit_logs (subject_type, subject_id);
COMMENT ON TABLE mag.audit_logs IS 'Who did what. Rows are added and never changed; each holds the hash of the one before. It points to nothing by keys: what it tells outlives what it tells of.';
COMMENT ON COLUMN mag.audit_logs.sequence IS 'Its place in the chain, without gaps.';
COMMENT ON COLUMN mag.audit_logs.actor_type IS 'human, ai_agent, service_account or system.';
COMMENT ON COLUMN mag.audit_logs.door IS 'Which way it came in.';
ALTER TABLE mag.audit_logs ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.custom_field_definitions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    entity_type text NOT NULL,
    name text NOT NULL,
    label text NOT NULL,
    field_type text NOT NULL,
    is_required boolean NOT NULL DEFAULT false,
    options jsonb NOT NULL DEFAULT '{}',
    place bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT custom_field_definitions_pkey PRIMARY KEY (id),
    CONSTRAINT custom_field_definitions_organization_id_entity_type_name_key UNIQUE (organization_id, entity_type, name),
    CONSTRAINT custom_field_definitions_field_type_check CHECK (field_type IN ('text', 'number', 'boolean', 'date', 'timestamp', 'choice', 'choices', 'reference', 'json')),
    CONSTRAINT custom_field_definitions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT custom_field_definitions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX custom_field_definitions_created_by_idx ON mag.custom_field_definitions (created_by);
COMMENT ON TABLE mag.custom_field_definitions IS 'Fields that an organization adds to an entity, without changing its table.';
COMMENT ON COLUMN mag.custom_field_definitions.entity_type IS 'The table, with its schema.';
COMMENT ON COLUMN mag.custom_field_definitions.options IS 'Choices, bounds, the shape of a value.';
COMMENT ON COLUMN mag.custom_field_definitions.place IS 'In forms, the lowest first.';
ALTER TABLE mag.custom_field_definitions ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.feature_flags (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid,
    project_id uuid,
    name text NOT NULL,
    description text,
    is_enabled boolean NOT NULL DEFAULT false,
    rules jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT feature_flags_pkey PRIMARY KEY (id),
    CONSTRAINT feature_flags_project_check CHECK (project_id IS NULL OR organization_id IS NOT NULL),
    CONSTRAINT feature_flags_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag.organizations (id) ON DELETE CASCADE,
    CONSTRAINT feature_flags_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES mag.projects (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT feature_flags_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX feature_flags_project_id_name_key ON mag.feature_flags (project_id, name) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX feature_flags_organization_id_name_key ON mag.feature_flags (organization_id, name) WHERE project_id IS NULL AND organization_id IS NOT NULL;
CREATE UNIQUE INDEX feature_flags_name_key ON mag.feature_flags (name) WHERE project_id IS NULL AND organization_id IS NULL;
CREATE INDEX feature_flags_organization_id_project_id_idx ON mag.feature_flags (organization_id, project_id);
CREATE INDEX feature_flags_created_by_idx ON mag.feature_flags (created_by);
COMMENT ON TABLE mag.feature_flags IS 'What is switched on, and for whom: everywhere, in an organization or in a project.';
COMMENT ON COLUMN mag.feature_flags.organization_id IS 'Empty when it is for all.';
COMMENT ON COLUMN mag.feature_flags.rules IS 'For whom, when not for all.';
ALTER TABLE mag.feature_flags ENABLE ROW LEVEL SECURITY;

CREATE TABLE mag.extensions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    version text NOT NULL,
    status text NOT NULL DEFAULT 'enabled',
    namespace text NOT NULL,
    grants jsonb NOT NULL DEFAULT '[]',
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT extensions_pkey PRIMARY KEY (id),
    CONSTRAINT extensions_name_key UNIQUE (name),
    CONSTRAINT extensions_namespace_key UNIQUE (namespace),
    CONSTRAINT extensions_status_check CHECK (status IN ('enabled', 'disabled')),
    CONSTRAINT extensions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL
);
CREATE INDEX extensions_created_by_idx ON mag.extensions (created_by);
COMMENT ON TABLE mag.extensions IS 'Extensions that are installed, with what they were granted.';
COMMENT ON COLUMN mag.extensions.namespace IS 'Where its own tables are.';
COMMENT ON COLUMN mag.extensions.grants IS 'Capabilities that somebody said yes to.';
ALTER TABLE mag.extensions ENABLE ROW LEVEL SECURITY;

-- Tables that point to each other.
ALTER TABLE mag.organizations
    ADD CONSTRAINT organizations_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES mag.users (id) ON DELETE RESTRICT;
ALTER TABLE mag.organizations
    ADD CONSTRAINT organizations_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag.users (id) ON DELETE SET NULL;

-- When a row was changed last.
CREATE FUNCTION mag.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    new.updated_at := pg_catalog.now();
    RETURN new;
END
$$;

CREATE TRIGGER organizations_touch BEFORE UPDATE ON mag.organizations FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER users_touch BEFORE UPDATE ON mag.users FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER memberships_touch BEFORE UPDATE ON mag.memberships FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER teams_touch BEFORE UPDATE ON mag.teams FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER team_members_touch BEFORE UPDATE ON mag.team_members FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER projects_touch BEFORE UPDATE ON mag.projects FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER permissions_touch BEFORE UPDATE ON mag.permissions FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER roles_touch BEFORE UPDATE ON mag.roles FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER role_bindings_touch BEFORE UPDATE ON mag.role_bindings FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER comments_touch BEFORE UPDATE ON mag.comments FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER attachments_touch BEFORE UPDATE ON mag.attachments FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER custom_field_definitions_touch BEFORE UPDATE ON mag.custom_field_definitions FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER feature_flags_touch BEFORE UPDATE ON mag.feature_flags FOR EACH ROW EXECUTE FUNCTION mag.touch();
CREATE TRIGGER extensions_touch BEFORE UPDATE ON mag.extensions FOR EACH ROW EXECUTE FUNCTION mag.touch();

-- What was told once stays as it was told.
CREATE FUNCTION mag.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'rows of the audit log are added and never changed';
END
$$;

CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE ON mag.audit_logs FOR EACH ROW EXECUTE FUNCTION mag.refuse_change();
CREATE TRIGGER audit_logs_keep BEFORE TRUNCATE ON mag.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION mag.refuse_change();
