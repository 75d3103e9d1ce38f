-- Who sees which rows of the base, once a right is granted: nothing is granted here. One list for every
-- engine: PostgreSQL runs it, elsewhere the guard puts it into plans.

-- Their own rows only: everything below rests on it, and a policy may not ask itself.
CREATE POLICY own_memberships ON mag.memberships FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- What belongs to an organization is seen by its members.
CREATE POLICY members_see_it ON mag.organizations FOR SELECT TO authenticated
    USING (id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY self_and_fellows ON mag.users FOR SELECT TO authenticated
    USING (id = (SELECT auth.uid()) OR organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_see_them ON mag.teams FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_see_them ON mag.team_members FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_see_them ON mag.projects FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_see_them ON mag.role_bindings FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_see_them ON mag.custom_field_definitions FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));

-- What is built in is seen by everyone who has signed in.
CREATE POLICY built_in_or_of_members ON mag.roles FOR SELECT TO authenticated
    USING (organization_id IS NULL OR organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY everyone_sees_them ON mag.permissions FOR SELECT TO authenticated
    USING (true);
CREATE POLICY with_their_role ON mag.role_permissions FOR SELECT TO authenticated
    USING (role_id IN (SELECT r.id FROM mag.roles r));
CREATE POLICY for_all_or_members ON mag.feature_flags FOR SELECT TO authenticated
    USING (organization_id IS NULL OR organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY everyone_sees_them ON mag.extensions FOR SELECT TO authenticated
    USING (true);

-- Members say what they have to say, and take back what they have said.
CREATE POLICY members_see_them ON mag.comments FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_add_their_own ON mag.comments FOR INSERT TO authenticated
    WITH CHECK (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_change_their_own ON mag.comments FOR UPDATE TO authenticated
    USING (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'))
    WITH CHECK (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_remove_their_own ON mag.comments FOR DELETE TO authenticated
    USING (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_see_them ON mag.attachments FOR SELECT TO authenticated
    USING (organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_add_their_own ON mag.attachments FOR INSERT TO authenticated
    WITH CHECK (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_change_their_own ON mag.attachments FOR UPDATE TO authenticated
    USING (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'))
    WITH CHECK (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));
CREATE POLICY members_remove_their_own ON mag.attachments FOR DELETE TO authenticated
    USING (created_by = (SELECT auth.uid()) AND organization_id IN (SELECT m.organization_id FROM mag.memberships m WHERE m.user_id = (SELECT auth.uid()) AND m.status = 'active'));

-- Their own acts; all acts in an organization for its auditors.
CREATE POLICY own_acts_and_auditors ON mag.audit_logs FOR SELECT TO authenticated
    USING (actor_id = (SELECT auth.uid()) OR organization_id IN (SELECT b.organization_id FROM mag.role_bindings b JOIN mag.roles r ON r.id = b.role_id WHERE b.user_id = (SELECT auth.uid()) AND b.scope = 'organization' AND r.name = 'security_auditor' AND r.organization_id IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())));
