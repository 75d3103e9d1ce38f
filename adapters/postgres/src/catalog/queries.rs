//! The questions to the system's own tables. Each is one scan of a few tables: no `information_schema`,
//! whose views join and check rights for every row.

/// Names are written with their schema when no schema is searched.
pub(super) const NO_PATH: &str = "SELECT pg_catalog.set_config('search_path', '', true)";

pub(super) const ALL: [&str; 12] = [
    SCHEMAS,
    TYPES,
    LABELS,
    FIELDS,
    TABLES,
    COLUMNS,
    KEYS,
    INDEXES,
    FUNCTIONS,
    VIEWS,
    AGGREGATES,
    REPRESENTATIONS,
];

/// The schemas that are not the system's own.
macro_rules! ours {
    () => {
        "n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' \
         AND n.nspname !~ '^pg_(toast|temp)'"
    };
}

const SCHEMAS: &str = concat!(
    "SELECT n.nspname, d.description FROM pg_namespace n \
     LEFT JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass \
     WHERE ",
    ours!(),
    " ORDER BY n.nspname"
);

/// Enums, domains, composites, and the row types of tables. Older ones first: a type is made after
/// those that it is made of.
const TYPES: &str = concat!(
    "SELECT t.oid, t.typarray, n.nspname, t.typname, t.typtype, c.relkind, t.typnotnull, \
       t.typbasetype, format_type(nullif(t.typbasetype, 0), t.typtypmod), \
       (SELECT string_agg(pg_get_expr(k.conbin, 0), ' AND ' ORDER BY k.conname) \
        FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), t.typrelid, \
       pg_get_expr(t.typdefaultbin, 0) \
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
     LEFT JOIN pg_class c ON c.oid = t.typrelid AND t.typtype = 'c' \
     WHERE t.typtype IN ('e', 'd', 'c') AND ",
    ours!(),
    " ORDER BY t.typtype <> 'e', t.oid"
);

const LABELS: &str = "SELECT enumtypid, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder";

const FIELDS: &str = "SELECT a.attrelid, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

/// A partition is reached through the table that it is a part of.
macro_rules! listed {
    () => {
        "c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition"
    };
}

/// Whether a row is made without code of anyone's own, and without anything that looks at a setting:
/// what the system itself comes with is in no list of dependencies, and of that only what is
/// known to look at nothing is taken for harmless (`op 14` is the schema that is searched).
macro_rules! fills_quietly {
    () => {
        "c.relkind = 'r' \
         AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) \
         AND NOT EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) \
         AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid \
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND y.typtype <> 'e' \
             AND (y.typtype NOT IN ('b', 'r', 'm') OR y.typnamespace <> 'pg_catalog'::regnamespace)) \
         AND NOT EXISTS (SELECT FROM pg_depend p \
           WHERE p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass) \
             AND (p.classid = 'pg_attrdef'::regclass \
                 AND p.objid IN (SELECT e.oid FROM pg_attrdef e WHERE e.adrelid = c.oid) \
               OR p.classid = 'pg_constraint'::regclass \
                 AND p.objid IN (SELECT k.oid FROM pg_constraint k WHERE k.conrelid = c.oid) \
               OR p.classid = 'pg_class'::regclass \
                 AND p.objid IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = c.oid))) \
         AND NOT EXISTS (SELECT FROM ( \
             SELECT e.adbin::text AS tree FROM pg_attrdef e WHERE e.adrelid = c.oid \
             UNION ALL SELECT k.conbin::text FROM pg_constraint k \
             WHERE k.conrelid = c.oid AND k.conbin IS NOT NULL) t \
           WHERE t.tree ~ 'COERCEVIAIO|COERCETODOMAIN|SQLVALUEFUNCTION :op 14' \
             OR EXISTS (SELECT FROM regexp_matches(t.tree, ':funcid (\\d+)', 'g') AS m(id) \
               JOIN pg_proc f ON f.oid = m.id[1]::oid \
               WHERE f.provolatile <> 'i' AND f.proname <> ALL ('{nextval,now,clock_timestamp,\
                 statement_timestamp,transaction_timestamp,gen_random_uuid,uuidv4,uuidv7,random,\
                 timezone,date_trunc,date_part,extract,date,time,timetz,timestamp,timestamptz}')))"
    };
}

const TABLES: &str = concat!(
    "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.reltuples::int8, \
       d.description, \
       CASE WHEN c.relkind IN ('v', 'f') THEN pg_relation_is_updatable(c.oid, true) END, ",
    fills_quietly!(),
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN pg_description d \
       ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
     WHERE ",
    listed!(),
    " AND ",
    ours!(),
    " ORDER BY n.nspname, c.relname"
);

const COLUMNS: &str = concat!(
    "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), \
       a.attnotnull OR (t.typtype = 'd' AND t.typnotnull), pg_get_expr(e.adbin, e.adrelid), \
       a.attgenerated, a.attidentity, d.description \
     FROM pg_attribute a \
     JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_type t ON t.oid = a.atttypid \
     LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum \
     LEFT JOIN pg_description d \
       ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND ",
    listed!(),
    " AND ",
    ours!(),
    " ORDER BY a.attrelid, a.attnum"
);

/// Those of partitions are copies.
const KEYS: &str = concat!(
    "SELECT k.conrelid, k.conname, k.contype, array_to_string(k.conkey, ' '), k.confrelid, \
       array_to_string(k.confkey, ' '), k.confdeltype, k.confupdtype, \
       CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END \
     FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace \
     WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.conrelid <> 0 AND k.conparentid = 0 AND ",
    ours!(),
    " ORDER BY k.conrelid, k.conname"
);

const INDEXES: &str = concat!(
    "SELECT i.indrelid, x.relname, i.indisunique, i.indkey::text, i.indnkeyatts, m.amname, \
       pg_get_expr(i.indpred, i.indrelid), pg_get_indexdef(i.indexrelid) \
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid \
     JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_am m ON m.oid = x.relam \
     WHERE i.indisvalid AND ",
    listed!(),
    " AND ",
    ours!(),
    " ORDER BY i.indrelid, x.relname"
);

/// Those that came with an extension are not someone's interface; nor are those that only the
/// system may call.
const FUNCTIONS: &str = concat!(
    "SELECT n.nspname, p.proname, p.pronargs, p.pronargdefaults, p.proretset, p.prorows = 1, \
       p.provolatile, p.prosecdef, d.description, p.prorettype, format_type(p.prorettype, NULL), \
       to_json(coalesce(p.proargnames, '{}')), \
       to_json(coalesce(p.proargmodes::text[], '{}')), \
       to_json(array(SELECT a.ty::text FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) \
         WITH ORDINALITY AS a(ty, at) ORDER BY a.at)), \
       to_json(array(SELECT format_type(a.ty, NULL) \
         FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) \
         WITH ORDINALITY AS a(ty, at) ORDER BY a.at)), to_json(coalesce(p.proconfig, '{}')), \
       CASE WHEN r.typtype = 'd' AND NOT p.proretset AND (r.typname = '*/*' \
         OR r.typname ~* '^[A-Za-z0-9.-]+/[A-Za-z0-9.\\+-]+$') THEN lower(r.typname) END, \
       r.typbasetype = 'bytea'::regtype \
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
     JOIN pg_type r ON r.oid = p.prorettype \
     LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass \
     WHERE p.prokind = 'f' \
       AND NOT (r.typtype = 'p' AND r.typname <> ALL ('{void,record,anyelement,anyarray,anynonarray}')) \
       AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass \
         AND e.objid = p.oid AND e.deptype = 'e') AND ",
    ours!(),
    " ORDER BY n.nspname, p.proname, p.oid"
);

const VIEWS: &str = concat!(
    "SELECT c.oid, pg_get_viewdef(c.oid) \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('v', 'm') AND ",
    ours!(),
    " ORDER BY c.oid"
);

/// Aggregates that make documents: what they give is a domain that is called as a media type is.
const AGGREGATES: &str = concat!(
    "SELECT n.nspname, p.proname, rn.nspname, c.relname, lower(d.typname), b.typname = 'bytea' \
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
     JOIN pg_type d ON d.oid = p.prorettype AND d.typtype = 'd' \
     JOIN pg_type b ON b.oid = d.typbasetype \
     JOIN pg_type a ON a.oid = p.proargtypes[0] \
     LEFT JOIN pg_class c ON c.reltype = a.oid AND c.relkind IN ('r', 'v', 'm', 'f', 'p') \
     LEFT JOIN pg_namespace rn ON rn.oid = c.relnamespace \
     WHERE p.prokind = 'a' AND p.pronargs = 1 AND (c.oid IS NOT NULL OR a.typname = 'anyelement') \
       AND (d.typname ~* '^[A-Za-z0-9.-]+/[A-Za-z0-9.\\+-]+$' OR d.typname = '*/*') AND ",
    ours!(),
    " ORDER BY n.nspname, p.proname, p.oid"
);

/// Casts between a domain and text or JSON that nobody has to ask for.
const REPRESENTATIONS: &str = "SELECT \
       CASE WHEN s.typtype = 'd' THEN sn.nspname || '.' || s.typname ELSE s.typname END, \
       CASE WHEN t.typtype = 'd' THEN tn.nspname || '.' || t.typname ELSE t.typname END, \
       n.nspname, p.proname \
     FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget \
     JOIN pg_namespace sn ON sn.oid = s.typnamespace JOIN pg_namespace tn ON tn.oid = t.typnamespace \
     JOIN pg_proc p ON p.oid = c.castfunc JOIN pg_namespace n ON n.oid = p.pronamespace \
     WHERE c.castcontext = 'i' AND c.castmethod = 'f' \
       AND (s.typtype = 'd' AND t.typname IN ('json', 'text') \
         OR t.typtype = 'd' AND s.typname IN ('json', 'text')) \
     ORDER BY c.oid";

pub(super) const EXTENSIONS: &str = "SELECT coalesce(a.name, e.extname), e.extversion, a.default_version, n.nspname, a.comment \
     FROM pg_available_extensions a FULL JOIN pg_extension e ON e.extname = a.name \
     LEFT JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1";

/// Every change of a structure writes new rows into these tables, and a new row has a new `xmin`.
/// Statistics are written in place and do not.
pub(super) const FINGERPRINT: &str = concat!(
    "SELECT concat_ws('.', \
       (SELECT sum(hashtextextended(c.oid || ':' || c.xmin, 0)) FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ",
    ours!(),
    "), (SELECT sum(hashtextextended(a.attrelid || ':' || a.attnum || ':' || a.xmin, 0)) \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ",
    ours!(),
    "), (SELECT sum(hashtextextended(p.oid || ':' || p.xmin, 0)) FROM pg_proc p \
         JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ",
    ours!(),
    "), (SELECT sum(hashtextextended(k.oid || ':' || k.xmin, 0)) FROM pg_constraint k \
         JOIN pg_namespace n ON n.oid = k.connamespace WHERE ",
    ours!(),
    "), (SELECT sum(hashtextextended(n.oid || ':' || n.xmin, 0)) FROM pg_namespace n WHERE ",
    ours!(),
    "), (SELECT sum(hashtextextended(t.oid || ':' || t.xmin, 0)) FROM pg_type t \
         JOIN pg_namespace n ON n.oid = t.typnamespace WHERE ",
    ours!(),
    "), (SELECT sum(hashtextextended(oid || ':' || xmin, 0)) FROM pg_enum), \
       (SELECT sum(hashtextextended(oid || ':' || xmin, 0)) FROM pg_policy), \
       (SELECT sum(hashtextextended(oid || ':' || xmin, 0)) FROM pg_attrdef), \
       (SELECT sum(hashtextextended(oid || ':' || xmin, 0)) FROM pg_trigger), \
       (SELECT sum(hashtextextended(w.oid || ':' || w.xmin, 0)) FROM pg_rewrite w \
        WHERE w.oid >= 16384), \
       (SELECT sum(hashtextextended(objoid || ':' || objsubid || ':' || xmin, 0)) \
        FROM pg_description WHERE objoid >= 16384))"
);
