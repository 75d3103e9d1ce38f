-- Names of an older form, which no operation asks for and no role can hold in parts.
DELETE FROM mag_role_permissions WHERE permission_id IN (SELECT id FROM mag_permissions WHERE name LIKE '%:%');
DELETE FROM mag_permissions WHERE name LIKE '%:%';
