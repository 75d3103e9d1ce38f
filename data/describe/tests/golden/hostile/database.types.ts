export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  // `createClient<Database>` takes what the server can do from here.
  __InternalSupabase: {
    PostgrestVersion: "14.17"
  }
  public: {
    Tables: {
      "A-B": {
        Row: {
          id: number | null
        }
        Insert: {
          id?: number | null
        }
        Update: {
          id?: number | null
        }
        Relationships: []
      }
      'a"b': {
        Row: {
          id: number | null
        }
        Insert: {
          id?: number | null
        }
        Update: {
          id?: number | null
        }
        Relationships: []
      }
      class: {
        Row: {
          __secret: string | null
          "{id}": Database["public"]["Enums"]["type"][] | null
          "`tick`": string | null
          $name: string | null
          "1st": string | null
          "a,b": string | null
          'a"b': Database["public"]["CompositeTypes"]['a"c'] | null
          "back\\slash": string | null
          "it's": string | null
          "line\nbreak": string | null
          None: string | null
          select: string | null
          self: boolean | null
          type: Database["public"]["Enums"]["type"]
          user_id: number
          "user-id": number | null
          userId: number | null
          "x*/y": string | null
          تست: string[] | null
        }
        Insert: {
          __secret?: string | null
          "{id}"?: Database["public"]["Enums"]["type"][] | null
          "`tick`"?: string | null
          $name?: string | null
          "1st"?: string | null
          "a,b"?: string | null
          'a"b'?: Database["public"]["CompositeTypes"]['a"c'] | null
          "back\\slash"?: string | null
          "it's"?: string | null
          "line\nbreak"?: string | null
          None?: string | null
          select?: string | null
          self?: boolean | null
          type: Database["public"]["Enums"]["type"]
          user_id: number
          "user-id"?: number | null
          userId?: number | null
          "x*/y"?: string | null
          تست?: string[] | null
        }
        Update: {
          __secret?: string | null
          "{id}"?: Database["public"]["Enums"]["type"][] | null
          "`tick`"?: string | null
          $name?: string | null
          "1st"?: string | null
          "a,b"?: string | null
          'a"b'?: Database["public"]["CompositeTypes"]['a"c'] | null
          "back\\slash"?: string | null
          "it's"?: string | null
          "line\nbreak"?: string | null
          None?: string | null
          select?: string | null
          self?: boolean | null
          type?: Database["public"]["Enums"]["type"]
          user_id?: number
          "user-id"?: number | null
          userId?: number | null
          "x*/y"?: string | null
          تست?: string[] | null
        }
        Relationships: []
      }
      words: {
        Row: {
          bool: boolean | null
          double: number | null
          hash_value: string | null
          int: number | null
          list: string[] | null
          "m²": number | null
          many: number[] | null
          option: Database["public"]["Enums"]["option"] | null
          str: string | null
          string: Database["public"]["Enums"]["string"] | null
        }
        Insert: {
          bool?: boolean | null
          double?: number | null
          hash_value?: string | null
          int?: number | null
          list?: string[] | null
          "m²"?: number | null
          many?: number[] | null
          option?: Database["public"]["Enums"]["option"] | null
          str?: string | null
          string?: Database["public"]["Enums"]["string"] | null
        }
        Update: {
          bool?: boolean | null
          double?: number | null
          hash_value?: string | null
          int?: number | null
          list?: string[] | null
          "m²"?: number | null
          many?: number[] | null
          option?: Database["public"]["Enums"]["option"] | null
          str?: string | null
          string?: Database["public"]["Enums"]["string"] | null
        }
        Relationships: []
      }
      "x/y?z#{w}": {
        Row: {
          id: number | null
        }
        Insert: {
          id?: number | null
        }
        Update: {
          id?: number | null
        }
        Relationships: []
      }
      تست: {
        Row: {
          id: number | null
        }
        Insert: {
          id?: number | null
        }
        Update: {
          id?: number | null
        }
        Relationships: []
      }
    }
    Views: {
      [_ in never]: never
    }
    Functions: {
      class: {
        Args: { fun: number; "it's"?: Database["public"]["Enums"]["type"] }
        Returns: number
      }
    }
    Enums: {
      nothing: never
      option: "kind"
      option_kind: "y"
      string: "x"
      type:
        | ""
        | 'a"b'
        | "1"
        | "a-b"
        | "a_b"
        | "None"
        | "class"
        | "$x"
        | "back\\slash"
        | "it's"
        | "تست"
        | "Self"
    }
    CompositeTypes: {
      'a"c': {
        class: string | null
        "user-id": number | null
      }
    }
  }
}

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">

type SchemaName = keyof DatabaseWithoutInternals

type DefaultSchema = DatabaseWithoutInternals["public"]

/** The name of a schema, given as `{ schema: "name" }`. */
type Named<Options> = Options extends { schema: infer S extends SchemaName }
  ? DatabaseWithoutInternals[S]
  : never

type Readable<S extends { Tables: unknown; Views: unknown }> = S["Tables"] &
  S["Views"]

/** One part, such as `Row`, of a relation. */
type Part<Relations, Name, Which extends string> = Name extends keyof Relations
  ? Relations[Name] extends { [Key in Which]: infer P }
    ? P
    : never
  : never

/** A row as it is read: `Tables<"posts">`, or `Tables<{ schema: "api" }, "posts">`. */
export type Tables<
  TableOrSchema extends keyof Readable<DefaultSchema> | { schema: SchemaName },
  Table extends (TableOrSchema extends { schema: SchemaName }
    ? keyof Readable<Named<TableOrSchema>>
    : never) = never,
> = TableOrSchema extends { schema: SchemaName }
  ? Part<Readable<Named<TableOrSchema>>, Table, "Row">
  : Part<Readable<DefaultSchema>, TableOrSchema, "Row">

/** What an insert says: `TablesInsert<"posts">`. */
export type TablesInsert<
  TableOrSchema extends keyof DefaultSchema["Tables"] | { schema: SchemaName },
  Table extends (TableOrSchema extends { schema: SchemaName }
    ? keyof Named<TableOrSchema>["Tables"]
    : never) = never,
> = TableOrSchema extends { schema: SchemaName }
  ? Part<Named<TableOrSchema>["Tables"], Table, "Insert">
  : Part<DefaultSchema["Tables"], TableOrSchema, "Insert">

/** What an update says: `TablesUpdate<"posts">`. */
export type TablesUpdate<
  TableOrSchema extends keyof DefaultSchema["Tables"] | { schema: SchemaName },
  Table extends (TableOrSchema extends { schema: SchemaName }
    ? keyof Named<TableOrSchema>["Tables"]
    : never) = never,
> = TableOrSchema extends { schema: SchemaName }
  ? Part<Named<TableOrSchema>["Tables"], Table, "Update">
  : Part<DefaultSchema["Tables"], TableOrSchema, "Update">

/** The labels of an enum: `Enums<"mood">`. */
export type Enums<
  EnumOrSchema extends keyof DefaultSchema["Enums"] | { schema: SchemaName },
  Enum extends (EnumOrSchema extends { schema: SchemaName }
    ? keyof Named<EnumOrSchema>["Enums"]
    : never) = never,
> = EnumOrSchema extends { schema: SchemaName }
  ? Named<EnumOrSchema>["Enums"][Enum]
  : EnumOrSchema extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][EnumOrSchema]
    : never

/** A composite type: `CompositeTypes<"address">`. */
export type CompositeTypes<
  TypeOrSchema extends
    keyof DefaultSchema["CompositeTypes"] | { schema: SchemaName },
  Composite extends (TypeOrSchema extends { schema: SchemaName }
    ? keyof Named<TypeOrSchema>["CompositeTypes"]
    : never) = never,
> = TypeOrSchema extends { schema: SchemaName }
  ? Named<TypeOrSchema>["CompositeTypes"][Composite]
  : TypeOrSchema extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][TypeOrSchema]
    : never

export const Constants = {
  public: {
    Enums: {
      nothing: [],
      option: ["kind"],
      option_kind: ["y"],
      string: ["x"],
      type: [
        "",
        'a"b',
        "1",
        "a-b",
        "a_b",
        "None",
        "class",
        "$x",
        "back\\slash",
        "it's",
        "تست",
        "Self",
      ],
    },
  },
} as const
