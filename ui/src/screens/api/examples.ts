// What an app does first, in the languages that people use.

import { t } from '../../words/words'

export interface Facts {
  url: string
  key: string
  table: string
  engine: string
  /** Where the database is, without its password. */
  place: string
}

export const EXAMPLES = {
  'supabase-js': ({ url, key, table }: Facts) => `import { createClient } from '@supabase/supabase-js'

const client = createClient('${url}', '${key}')

const { data, error } = await client
  .from('${table}')
  .select('*')
  .limit(10)`,
  curl: ({ url, key, table }: Facts) => `curl '${url}/rest/v1/${table}?select=*&limit=10' \\
  -H 'apikey: ${key}'`,
  psql: ({ table, engine, place }: Facts) =>
    engine === 'postgres'
      ? `psql '${place}' \\
  -c 'select * from ${table} limit 10'`
      : `# ${t('api.psqlNot')}
mobo sql:run 'select * from ${table} limit 10'

# ${t('api.psqlProject')}
mobo project:create shop --engine postgres`,
  Python: ({ url, key, table }: Facts) => `# pip install postgrest
from postgrest import SyncPostgrestClient

client = SyncPostgrestClient('${url}/rest/v1', headers={'apikey': '${key}'})
rows = client.from_('${table}').select('*').limit(10).execute().data`,
  Dart: ({ url, key, table }: Facts) => `import 'package:supabase/supabase.dart';

final client = SupabaseClient('${url}', '${key}');
final rows = await client.from('${table}').select().limit(10);`,
  Rust: ({ url, key, table }: Facts) => `let rows: serde_json::Value = reqwest::Client::new()
    .get("${url}/rest/v1/${table}?select=*&limit=10")
    .header("apikey", "${key}")
    .send().await?
    .json().await?;`,
} as const
