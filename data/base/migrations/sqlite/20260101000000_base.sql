-- Tenants. Every row of an app points at one.
CREATE TABLE mag_organizations (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active',
    settings TEXT NOT NULL DEFAULT '{}',
    custom_fields TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug_key UNIQUE (slug),
    CONSTRAINT organizations_slug_check CHECK (slug <> '' AND slug = lower(slug)),
    CONSTRAINT organizations_status_check CHECK (status IN ('active', 'suspended', 'archived')),
    CONSTRAINT organizations_settings_check CHECK (json_valid(settings)),
    CONSTRAINT organizations_custom_fields_check CHECK (json_valid(custom_fields)),
    CONSTRAINT organizations_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES mag_users (id) ON DELETE RESTRICT,
    CONSTRAINT organizations_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_organizations_owner_id_idx ON mag_organizations (owner_id);
CREATE INDEX mag_organizations_created_by_idx ON mag_organizations (created_by);

-- Whoever acts: people, agents, services and the system itself.
CREATE TABLE mag_users (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    user_type TEXT NOT NULL,
    organization_id TEXT,
    owner_id TEXT,
    purpose TEXT,
    email TEXT,
    display_name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active',
    custom_fields TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_user_type_check CHECK (user_type IN ('human', 'ai_agent', 'service_account', 'system')),
    CONSTRAINT users_agent_check CHECK (user_type <> 'ai_agent' OR (owner_id IS NOT NULL AND purpose IS NOT NULL)),
    CONSTRAINT users_owner_check CHECK (owner_id <> id),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'invited', 'suspended')),
    CONSTRAINT users_custom_fields_check CHECK (json_valid(custom_fields)),
    CONSTRAINT users_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE SET NULL,
    CONSTRAINT users_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES mag_users (id) ON DELETE RESTRICT,
    CONSTRAINT users_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX mag_users_email_key ON mag_users (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX mag_users_user_type_idx ON mag_users (user_type);
CREATE INDEX mag_users_organization_id_idx ON mag_users (organization_id);
CREATE INDEX mag_users_owner_id_idx ON mag_users (owner_id);
CREATE INDEX mag_users_created_by_idx ON mag_users (created_by);

-- Who belongs to which organization.
CREATE TABLE mag_memberships (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT memberships_pkey PRIMARY KEY (id),
    CONSTRAINT memberships_organization_id_user_id_key UNIQUE (organization_id, user_id),
    CONSTRAINT memberships_status_check CHECK (status IN ('invited', 'active', 'suspended')),
    CONSTRAINT memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES mag_users (id) ON DELETE CASCADE,
    CONSTRAINT memberships_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_memberships_user_id_idx ON mag_memberships (user_id);
CREATE INDEX mag_memberships_created_by_idx ON mag_memberships (created_by);

-- Groups inside of an organization.
CREATE TABLE mag_teams (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    custom_fields TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT teams_pkey PRIMARY KEY (id),
    CONSTRAINT teams_organization_id_slug_key UNIQUE (organization_id, slug),
    CONSTRAINT teams_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT teams_custom_fields_check CHECK (json_valid(custom_fields)),
    CONSTRAINT teams_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT teams_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_teams_created_by_idx ON mag_teams (created_by);

-- Who is in which team.
CREATE TABLE mag_team_members (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT team_members_pkey PRIMARY KEY (id),
    CONSTRAINT team_members_team_id_user_id_key UNIQUE (team_id, user_id),
    CONSTRAINT team_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT team_members_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES mag_teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT team_members_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES mag_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT team_members_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_team_members_organization_id_team_id_idx ON mag_team_members (organization_id, team_id);
CREATE INDEX mag_team_members_organization_id_user_id_idx ON mag_team_members (organization_id, user_id);
CREATE INDEX mag_team_members_created_by_idx ON mag_team_members (created_by);

-- What an organization works on. A project has sources, keys and members of its own.
CREATE TABLE mag_projects (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    status TEXT NOT NULL DEFAULT 'active',
    settings TEXT NOT NULL DEFAULT '{}',
    custom_fields TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT projects_pkey PRIMARY KEY (id),
    CONSTRAINT projects_organization_id_slug_key UNIQUE (organization_id, slug),
    CONSTRAINT projects_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT projects_status_check CHECK (status IN ('active', 'paused', 'archived')),
    CONSTRAINT projects_settings_check CHECK (json_valid(settings)),
    CONSTRAINT projects_custom_fields_check CHECK (json_valid(custom_fields)),
    CONSTRAINT projects_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT projects_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_projects_created_by_idx ON mag_projects (created_by);

-- What can be allowed, by the names of operations.
CREATE TABLE mag_permissions (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    name TEXT NOT NULL,
    description TEXT,
    extension TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT permissions_pkey PRIMARY KEY (id),
    CONSTRAINT permissions_name_key UNIQUE (name),
    CONSTRAINT permissions_name_check CHECK (name <> ''),
    CONSTRAINT permissions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_permissions_created_by_idx ON mag_permissions (created_by);

-- Named sets of permissions: built in, or of one organization.
CREATE TABLE mag_roles (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT,
    name TEXT NOT NULL,
    description TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_name_check CHECK (name <> ''),
    CONSTRAINT roles_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT roles_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX mag_roles_organization_id_name_key ON mag_roles (organization_id, name);
CREATE UNIQUE INDEX mag_roles_built_in_name_key ON mag_roles (name) WHERE organization_id IS NULL;
CREATE INDEX mag_roles_created_by_idx ON mag_roles (created_by);

-- What a role allows.
CREATE TABLE mag_role_permissions (
    role_id TEXT NOT NULL,
    permission_id TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission_id),
    CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag_roles (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_permission_id_fkey FOREIGN KEY (permission_id) REFERENCES mag_permissions (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_role_permissions_permission_id_idx ON mag_role_permissions (permission_id);
CREATE INDEX mag_role_permissions_created_by_idx ON mag_role_permissions (created_by);

-- Who has which role, and where: in the whole organization, one project or one team.
CREATE TABLE mag_role_bindings (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    user_id TEXT,
    holder_team_id TEXT,
    scope TEXT NOT NULL DEFAULT 'organization',
    project_id TEXT,
    team_id TEXT,
    expires_at TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT role_bindings_pkey PRIMARY KEY (id),
    CONSTRAINT role_bindings_holder_check CHECK ((user_id IS NULL) <> (holder_team_id IS NULL)),
    CONSTRAINT role_bindings_scope_check CHECK ((scope = 'organization' AND project_id IS NULL AND team_id IS NULL) OR (scope = 'project' AND project_id IS NOT NULL AND team_id IS NULL) OR (scope = 'team' AND team_id IS NOT NULL AND project_id IS NULL)),
    CONSTRAINT role_bindings_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_role_id_fkey FOREIGN KEY (role_id) REFERENCES mag_roles (id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_user_id_fkey FOREIGN KEY (user_id) REFERENCES mag_users (id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_holder_team_id_fkey FOREIGN KEY (organization_id, holder_team_id) REFERENCES mag_teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES mag_projects (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES mag_teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_bindings_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_role_bindings_organization_id_holder_team_id_idx ON mag_role_bindings (organization_id, holder_team_id);
CREATE INDEX mag_role_bindings_organization_id_project_id_idx ON mag_role_bindings (organization_id, project_id);
CREATE INDEX mag_role_bindings_organization_id_team_id_idx ON mag_role_bindings (organization_id, team_id);
CREATE INDEX mag_role_bindings_role_id_idx ON mag_role_bindings (role_id);
CREATE INDEX mag_role_bindings_user_id_idx ON mag_role_bindings (user_id);
CREATE INDEX mag_role_bindings_created_by_idx ON mag_role_bindings (created_by);

-- What somebody said about a row of any table.
CREATE TABLE mag_comments (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    commentable_type TEXT NOT NULL,
    commentable_id TEXT NOT NULL,
    parent_id TEXT,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT comments_body_check CHECK (body <> ''),
    CONSTRAINT comments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT comments_parent_id_fkey FOREIGN KEY (organization_id, parent_id) REFERENCES mag_comments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT comments_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_comments_commentable_idx ON mag_comments (commentable_type, commentable_id);
CREATE INDEX mag_comments_organization_id_parent_id_idx ON mag_comments (organization_id, parent_id);
CREATE INDEX mag_comments_created_by_idx ON mag_comments (created_by);

-- Files that belong to a row of any table. The bytes are in the storage.
CREATE TABLE mag_attachments (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    attachable_type TEXT NOT NULL,
    attachable_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL DEFAULT 'application/octet-stream',
    bytes INTEGER NOT NULL DEFAULT 0,
    checksum TEXT,
    storage_path TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT attachments_pkey PRIMARY KEY (id),
    CONSTRAINT attachments_bytes_check CHECK (bytes >= 0),
    CONSTRAINT attachments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT attachments_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_attachments_attachable_idx ON mag_attachments (attachable_type, attachable_id);
CREATE INDEX mag_attachments_organization_id_idx ON mag_attachments (organization_id);
CREATE INDEX mag_attachments_created_by_idx ON mag_attachments (created_by);

-- Who did what. Rows are added and never changed; each holds the hash of the one before. It points to nothing by keys: what it tells outlives what it tells of.
CREATE TABLE mag_audit_logs (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    sequence INTEGER NOT NULL,
    organization_id TEXT,
    project_id TEXT,
    actor_id TEXT,
    actor_type TEXT NOT NULL,
    door TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject_type TEXT,
    subject_id TEXT,
    outcome TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT '{}',
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (id),
    CONSTRAINT audit_logs_sequence_key UNIQUE (sequence),
    CONSTRAINT audit_logs_hash_key UNIQUE (hash),
    CONSTRAINT audit_logs_outcome_check CHECK (outcome IN ('done', 'refused', 'failed')),
    CONSTRAINT audit_logs_details_check CHECK (json_valid(details))
) STRICT;
CREATE INDEX mag_audit_logs_organization_id_at_idx ON mag_audit_logs (organization_id, at);
CREATE INDEX mag_audit_logs_actor_id_at_idx ON mag_audit_logs (actor_id, at);
CREATE INDEX mag_audit_logs_subject_idx ON mag_audit_logs (subject_type, subject_id);

-- Fields that an organization adds to an entity, without changing its table.
CREATE TABLE mag_custom_field_definitions (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    field_type TEXT NOT NULL,
    is_required INTEGER NOT NULL DEFAULT 0,
    options TEXT NOT NULL DEFAULT '{}',
    place INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT custom_field_definitions_pkey PRIMARY KEY (id),
    CONSTRAINT custom_field_definitions_organization_id_entity_type_name_key UNIQUE (organization_id, entity_type, name),
    CONSTRAINT custom_field_definitions_field_type_check CHECK (field_type IN ('text', 'number', 'boolean', 'date', 'timestamp', 'choice', 'choices', 'reference', 'json')),
    CONSTRAINT custom_field_definitions_is_required_check CHECK (is_required IN (0, 1)),
    CONSTRAINT custom_field_definitions_options_check CHECK (json_valid(options)),
    CONSTRAINT custom_field_definitions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT custom_field_definitions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_custom_field_definitions_created_by_idx ON mag_custom_field_definitions (created_by);

-- What is switched on, and for whom: everywhere, in an organization or in a project.
CREATE TABLE mag_feature_flags (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    organization_id TEXT,
    project_id TEXT,
    name TEXT NOT NULL,
    description TEXT,
    is_enabled INTEGER NOT NULL DEFAULT 0,
    rules TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT feature_flags_pkey PRIMARY KEY (id),
    CONSTRAINT feature_flags_project_check CHECK (project_id IS NULL OR organization_id IS NOT NULL),
    CONSTRAINT feature_flags_is_enabled_check CHECK (is_enabled IN (0, 1)),
    CONSTRAINT feature_flags_rules_check CHECK (json_valid(rules)),
    CONSTRAINT feature_flags_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES mag_organizations (id) ON DELETE CASCADE,
    CONSTRAINT feature_flags_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES mag_projects (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT feature_flags_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE UNIQUE INDEX mag_feature_flags_project_id_name_key ON mag_feature_flags (project_id, name) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX mag_feature_flags_organization_id_name_key ON mag_feature_flags (organization_id, name) WHERE project_id IS NULL AND organization_id IS NOT NULL;
CREATE UNIQUE INDEX mag_feature_flags_name_key ON mag_feature_flags (name) WHERE project_id IS NULL AND organization_id IS NULL;
CREATE INDEX mag_feature_flags_organization_id_project_id_idx ON mag_feature_flags (organization_id, project_id);
CREATE INDEX mag_feature_flags_created_by_idx ON mag_feature_flags (created_by);

-- Extensions that are installed, with what they were granted.
CREATE TABLE mag_extensions (
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'enabled',
    namespace TEXT NOT NULL,
    grants TEXT NOT NULL DEFAULT '[]',
    settings TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')),
    created_by TEXT,
    CONSTRAINT extensions_pkey PRIMARY KEY (id),
    CONSTRAINT extensions_name_key UNIQUE (name),
    CONSTRAINT extensions_namespace_key UNIQUE (namespace),
    CONSTRAINT extensions_status_check CHECK (status IN ('enabled', 'disabled')),
    CONSTRAINT extensions_grants_check CHECK (json_valid(grants)),
    CONSTRAINT extensions_settings_check CHECK (json_valid(settings)),
    CONSTRAINT extensions_created_by_fkey FOREIGN KEY (created_by) REFERENCES mag_users (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX mag_extensions_created_by_idx ON mag_extensions (created_by);

-- When a row was changed last.
CREATE TRIGGER mag_organizations_touch AFTER UPDATE ON mag_organizations FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_organizations SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_users_touch AFTER UPDATE ON mag_users FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_users SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_memberships_touch AFTER UPDATE ON mag_memberships FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_memberships SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_teams_touch AFTER UPDATE ON mag_teams FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_teams SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_team_members_touch AFTER UPDATE ON mag_team_members FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_team_members SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_projects_touch AFTER UPDATE ON mag_projects FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_projects SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_permissions_touch AFTER UPDATE ON mag_permissions FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_permissions SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_roles_touch AFTER UPDATE ON mag_roles FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_roles SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_role_bindings_touch AFTER UPDATE ON mag_role_bindings FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_role_bindings SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_comments_touch AFTER UPDATE ON mag_comments FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_comments SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_attachments_touch AFTER UPDATE ON mag_attachments FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_attachments SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_custom_field_definitions_touch AFTER UPDATE ON mag_custom_field_definitions FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_custom_field_definitions SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_feature_flags_touch AFTER UPDATE ON mag_feature_flags FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_feature_flags SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;
CREATE TRIGGER mag_extensions_touch AFTER UPDATE ON mag_extensions FOR EACH ROW WHEN new.updated_at = old.updated_at BEGIN
    UPDATE mag_extensions SET updated_at = strftime('%Y-%m-%d %H:%M:%f+00:00', 'now') WHERE id = new.id;
END;

-- What was told once stays as it was told.
CREATE TRIGGER mag_audit_logs_no_update BEFORE UPDATE ON mag_audit_logs FOR EACH ROW BEGIN
    SELECT raise(ABORT, 'rows of the audit log are added and never changed');
END;
CREATE TRIGGER mag_audit_logs_no_delete BEFORE DELETE ON mag_audit_logs FOR EACH ROW BEGIN
    SELECT raise(ABORT, 'rows of the audit log are added and never changed');
END;
-- `INSERT OR REPLACE` deletes without asking the trigger above.
CREATE TRIGGER mag_audit_logs_no_replace BEFORE INSERT ON mag_audit_logs FOR EACH ROW
WHEN EXISTS (SELECT 1 FROM mag_audit_logs WHERE id = new.id OR sequence = new.sequence OR hash = new.hash) BEGIN
    SELECT raise(ABORT, 'rows of the audit log are added and never changed');
END;
