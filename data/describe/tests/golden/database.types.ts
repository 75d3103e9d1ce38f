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
      order_lines: {
        Row: {
          count: number
          line: number
          order_id: number
          what: string
        }
        Insert: {
          count?: number
          line: number
          order_id: number
          what: string
        }
        Update: {
          count?: number
          line?: number
          order_id?: number
          what?: string
        }
        Relationships: [
          {
            foreignKeyName: "order_lines_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "open orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "order_lines_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      orders: {
        Row: {
          days: unknown
          id: number
          note: string | null
          person_id: string
          rate: number | null
          "ship-to": Database["public"]["CompositeTypes"]["address"] | null
          state: Database["public"]["Enums"]["order_state"]
          states: Database["public"]["Enums"]["order_state"][] | null
          total: number
          type: number
          words: unknown
        }
        Insert: {
          days?: unknown
          id?: never
          note?: string | null
          person_id: string
          rate?: number | null
          "ship-to"?: Database["public"]["CompositeTypes"]["address"] | null
          state?: Database["public"]["Enums"]["order_state"]
          states?: Database["public"]["Enums"]["order_state"][] | null
          total?: number
          type?: number
          words?: unknown
        }
        Update: {
          days?: unknown
          id?: never
          note?: string | null
          person_id?: string
          rate?: number | null
          "ship-to"?: Database["public"]["CompositeTypes"]["address"] | null
          state?: Database["public"]["Enums"]["order_state"]
          states?: Database["public"]["Enums"]["order_state"][] | null
          total?: number
          type?: number
          words?: unknown
        }
        Relationships: [
          {
            foreignKeyName: "orders_person_id_fkey"
            columns: ["person_id"]
            isOneToOne: false
            referencedRelation: "people"
            referencedColumns: ["id"]
          },
        ]
      }
      people: {
        Row: {
          created_at: string
          email: string
          home: Database["public"]["CompositeTypes"]["address"] | null
          id: string
          invited_by: string | null
          is_vip: boolean
          name: string | null
          settings: Json
          full_name: string | null
          last_order: {
            days: unknown
            id: number
            note: string | null
            person_id: string
            rate: number | null
            "ship-to": Database["public"]["CompositeTypes"]["address"] | null
            state: Database["public"]["Enums"]["order_state"]
            states: Database["public"]["Enums"]["order_state"][] | null
            total: number
            type: number
            words: unknown
          } | null
        }
        Insert: {
          created_at?: string
          email: string
          home?: Database["public"]["CompositeTypes"]["address"] | null
          id?: string
          invited_by?: string | null
          is_vip?: boolean
          name?: string | null
          settings?: Json
        }
        Update: {
          created_at?: string
          email?: string
          home?: Database["public"]["CompositeTypes"]["address"] | null
          id?: string
          invited_by?: string | null
          is_vip?: boolean
          name?: string | null
          settings?: Json
        }
        Relationships: [
          {
            foreignKeyName: "people_invited_by_fkey"
            columns: ["invited_by"]
            isOneToOne: false
            referencedRelation: "people"
            referencedColumns: ["id"]
          },
        ]
      }
    }
    Views: {
      "open orders": {
        Row: {
          id: number | null
          person_id: string | null
          size: number | null
        }
        Insert: {
          id?: number | null
          person_id?: string | null
          size?: never
        }
        Update: {
          id?: number | null
          person_id?: string | null
          size?: never
        }
        Relationships: [
          {
            foreignKeyName: "orders_person_id_fkey"
            columns: ["person_id"]
            isOneToOne: false
            referencedRelation: "people"
            referencedColumns: ["id"]
          },
        ]
      }
      sales: {
        Row: {
          day: string | null
          total: number | null
        }
        Relationships: []
      }
    }
    Functions: {
      add: { Args: { a: number; b?: number }; Returns: number }
      close_day: { Args: { day: string }; Returns: undefined }
      either:
        | {
            Args: { x: number }
            Returns: {
              error: true
            } & "the call could mean each of public.either(x integer), public.either(x text): name their arguments differently"
          }
        | {
            Args: { x: string }
            Returns: {
              error: true
            } & "the call could mean each of public.either(x integer), public.either(x text): name their arguments differently"
          }
      full_name: {
        Args: { "": Database["public"]["Tables"]["people"]["Row"] }
        Returns: {
          error: true
        } & "public.full_name is a column of its table: select it there, it cannot be called"
      }
      import: { Args: { "": Json }; Returns: number }
      last_order: {
        Args: { "": Database["public"]["Tables"]["people"]["Row"] }
        Returns: {
          days: unknown
          id: number
          note: string | null
          person_id: string
          rate: number | null
          "ship-to": Database["public"]["CompositeTypes"]["address"] | null
          state: Database["public"]["Enums"]["order_state"]
          states: Database["public"]["Enums"]["order_state"][] | null
          total: number
          type: number
          words: unknown
        }
        SetofOptions: {
          from: "people"
          to: "orders"
          isOneToOne: true
          isSetofReturn: true
        }
      }
      orders_of: {
        Args: {
          person: string
          states?: Database["public"]["Enums"]["order_state"][]
        }
        Returns: {
          days: unknown
          id: number
          note: string | null
          person_id: string
          rate: number | null
          "ship-to": Database["public"]["CompositeTypes"]["address"] | null
          state: Database["public"]["Enums"]["order_state"]
          states: Database["public"]["Enums"]["order_state"][] | null
          total: number
          type: number
          words: unknown
        }[]
        SetofOptions: {
          from: "*"
          to: "orders"
          isOneToOne: false
          isSetofReturn: true
        }
      }
      search:
        | { Args: { query: string }; Returns: string[] }
        | { Args: { most: number; query: string }; Returns: string[] }
      totals: {
        Args: never
        Returns: {
          person: string
          total: number
        }[]
      }
    }
    Enums: {
      order_state: "open" | "paid" | "IN TRANSIT" | "done"
    }
    CompositeTypes: {
      address: {
        city: string | null
        geo: number[] | null
        street: string | null
      }
    }
  }
  staff: {
    Tables: {
      empty: {
        Row: {}
        Insert: {}
        Update: {}
        Relationships: []
      }
      members: {
        Row: {
          id: number
          salary: number | null
          serves: Database["public"]["Enums"]["order_state"] | null
          shift: Database["staff"]["Enums"]["shift"]
        }
        Insert: {
          id?: number
          salary?: number | null
          serves?: Database["public"]["Enums"]["order_state"] | null
          shift: Database["staff"]["Enums"]["shift"]
        }
        Update: {
          id?: number
          salary?: number | null
          serves?: Database["public"]["Enums"]["order_state"] | null
          shift?: Database["staff"]["Enums"]["shift"]
        }
        Relationships: []
      }
    }
    Views: {
      [_ in never]: never
    }
    Functions: {
      [_ in never]: never
    }
    Enums: {
      shift: "early" | "late"
    }
    CompositeTypes: {
      [_ in never]: never
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
      order_state: ["open", "paid", "IN TRANSIT", "done"],
    },
  },
  staff: {
    Enums: {
      shift: ["early", "late"],
    },
  },
} as const
