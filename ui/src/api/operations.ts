// Made by `npm run operations` from the board's OpenAPI document. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Nothing */
        "admin.link.input": Record<string, never>;
        /** LinkMade */
        "admin.link.output": {
            /** @description To be put behind the address of the board. What follows the `#` never leaves the browser. */
            path: string;
            /**
             * Format: uint32
             * @description It opens once, within so many minutes.
             */
            minutes: number;
        };
        /** Nothing */
        "admin.sessions.input": Record<string, never>;
        SessionRow: {
            id: string;
            who: string;
            /** Format: date-time */
            since: string;
            /** Format: date-time */
            seen: string;
            browser: string;
        };
        /** SessionList */
        "admin.sessions.output": {
            sessions: components["schemas"]["SessionRow"][];
        };
        /** SignOutInput */
        "admin.signout.input": {
            /** @description The session, as `admin:sessions` lists it. */
            id?: string | null;
            /**
             * @description Every session.
             * @default false
             */
            all?: boolean;
        };
        /** SignedOut */
        "admin.signout.output": {
            /** Format: uint64 */
            ended: number;
        };
        /** ApproveInput */
        "agent.approve.input": {
            /** @description The ask, as `agent:asks` lists it and the agent tells it. */
            ask: string;
            /**
             * Format: uint32
             * @description It is good for so many calls; 0 is any number.
             * @default 1
             */
            uses?: number;
            /**
             * Format: uint32
             * @description And for so many minutes.
             * @default 60
             */
            minutes?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** AskRow */
        "agent.approve.output": {
            id: string;
            agent: string;
            agent_name: string;
            /** @description The user who answers for it. */
            owner?: string | null;
            /** @description The operation, or the rows that it wants to write. */
            what: string;
            /** @description `medium`, `high` or `critical` */
            risk: string;
            door: string;
            /** @description What the call says; secrets are hidden. */
            input: unknown;
            /** @description `waiting`, `approved`, `denied` or `used`. */
            state: string;
            /**
             * Format: uint64
             * @description How often it was asked.
             */
            times: number;
            why?: string | null;
            decided_by?: string | null;
            /** Format: date-time */
            decided_at?: string | null;
            /** Format: date-time */
            good_until?: string | null;
            /** Format: uint64 */
            uses_left?: number | null;
            /** Format: date-time */
            asked_at: string;
        };
        /** ListInput */
        "agent.asks.input": {
            /** @description Only those of this agent: its name or id. */
            agent?: string | null;
            /**
             * @description Those that were decided as well.
             * @default false
             */
            all?: boolean;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 100
             */
            limit?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        AskRow: {
            id: string;
            agent: string;
            agent_name: string;
            /** @description The user who answers for it. */
            owner?: string | null;
            /** @description The operation, or the rows that it wants to write. */
            what: string;
            /** @description `medium`, `high` or `critical` */
            risk: string;
            door: string;
            /** @description What the call says; secrets are hidden. */
            input: unknown;
            /** @description `waiting`, `approved`, `denied` or `used`. */
            state: string;
            /**
             * Format: uint64
             * @description How often it was asked.
             */
            times: number;
            why?: string | null;
            decided_by?: string | null;
            /** Format: date-time */
            decided_at?: string | null;
            /** Format: date-time */
            good_until?: string | null;
            /** Format: uint64 */
            uses_left?: number | null;
            /** Format: date-time */
            asked_at: string;
        };
        /** AskList */
        "agent.asks.output": {
            asks: components["schemas"]["AskRow"][];
        };
        /** ChargeInput */
        "agent.charge.input": {
            /** @description The agent's name or id. */
            agent: string;
            /**
             * Format: uint64
             * @description Thousandths of a credit.
             */
            thousandths: number;
            /** @description What it was for. */
            what: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** AgentRow */
        "agent.charge.output": {
            id: string;
            name: string;
            /** @description `active`, `paused` or `expired`. */
            state: string;
            why?: string | null;
            owner?: string | null;
            role: string;
            read_only: boolean;
            /** @description The highest risk that it takes alone. */
            risk: string;
            /** @description All when none is named. */
            tools: string[];
            doors: string[];
            /** Format: uint64 */
            calls_this_hour: number;
            /** Format: uint64 */
            calls_today: number;
            /** Format: uint64 */
            rows_this_hour: number;
            /** Format: uint64 */
            rows_today: number;
            /**
             * Format: double
             * @description In credits.
             */
            cost_this_hour: number;
            /** Format: double */
            cost_today: number;
            /** Format: uint64 */
            calls_per_hour?: number | null;
            /** Format: uint64 */
            calls_per_day?: number | null;
            /** Format: uint64 */
            rows_per_hour?: number | null;
            /** Format: uint64 */
            rows_per_day?: number | null;
            /** Format: uint64 */
            cost_per_hour?: number | null;
            /** Format: uint64 */
            cost_per_day?: number | null;
            /**
             * Format: uint
             * @description What it has asked for and waits for.
             */
            asks: number;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /** CreateInput */
        "agent.create.input": {
            /** @description What it is called. */
            name: string;
            /** @description What it is for, in a sentence. */
            purpose: string;
            /** @description Who answers for it: a user's id or address. The system itself when nobody is named. */
            owner?: string | null;
            /**
             * @description The role that its requests have, which decides what it sees.
             * @default authenticated
             */
            role?: string;
            /**
             * Format: uint32
             * @description Calls in an hour, at every door together.
             * @default 1000
             */
            calls_per_hour?: number;
            /**
             * Format: uint32
             * @default 10000
             */
            calls_per_day?: number;
            /**
             * Format: uint32
             * @description It ends after so many days.
             * @default 90
             */
            days?: number;
            /**
             * @description It may change something; otherwise it only reads.
             * @default false
             */
            writes?: boolean;
            /**
             * @description The highest risk that it takes alone: `low` (it looks), `medium` (it changes rows and what
             *     can be changed back), `high`, `critical`. What is above it waits for an approval.
             * @default low
             */
            risk?: string;
            /**
             * @description Operations that it may call, such as `policy:list` or `policy:*`, and `rows:read` and
             *     `rows:write` for the doors to rows. All when none is named.
             * @default []
             */
            tools?: string[];
            /**
             * @description Doors that it may come by: `rest`, `http` (operations). All when none is named.
             * @default []
             */
            doors?: string[];
            /**
             * @description What it holds at the operations: `schema.read`, `policy.*`. You hold it yourself.
             * @default []
             */
            permissions?: string[];
            /**
             * Format: uint64
             * @description Rows that it reads and writes in an hour.
             */
            rows_per_hour?: number | null;
            /** Format: uint64 */
            rows_per_day?: number | null;
            /**
             * Format: uint64
             * @description Credits that it spends in an hour; `[auth.prices]` says what calls cost.
             */
            cost_per_hour?: number | null;
            /** Format: uint64 */
            cost_per_day?: number | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** AgentMade */
        "agent.create.output": {
            id: string;
            name: string;
            owner: string;
            /** Format: date-time */
            expires_at: string;
            /** @description Keep it now: it is not shown again. */
            key: string;
        };
        /** DenyInput */
        "agent.deny.input": {
            /** @description The ask, as `agent:asks` lists it. */
            ask: string;
            /** @description What the agent is told. */
            why?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** AskRow */
        "agent.deny.output": {
            id: string;
            agent: string;
            agent_name: string;
            /** @description The user who answers for it. */
            owner?: string | null;
            /** @description The operation, or the rows that it wants to write. */
            what: string;
            /** @description `medium`, `high` or `critical` */
            risk: string;
            door: string;
            /** @description What the call says; secrets are hidden. */
            input: unknown;
            /** @description `waiting`, `approved`, `denied` or `used`. */
            state: string;
            /**
             * Format: uint64
             * @description How often it was asked.
             */
            times: number;
            why?: string | null;
            decided_by?: string | null;
            /** Format: date-time */
            decided_at?: string | null;
            /** Format: date-time */
            good_until?: string | null;
            /** Format: uint64 */
            uses_left?: number | null;
            /** Format: date-time */
            asked_at: string;
        };
        /** LimitInput */
        "agent.limit.input": {
            /** @description The agent's name or id. */
            agent: string;
            /** Format: uint32 */
            calls_per_hour?: number | null;
            /** Format: uint32 */
            calls_per_day?: number | null;
            /** Format: uint64 */
            rows_per_hour?: number | null;
            /** Format: uint64 */
            rows_per_day?: number | null;
            /**
             * Format: uint64
             * @description Credits that it spends in an hour.
             */
            cost_per_hour?: number | null;
            /** Format: uint64 */
            cost_per_day?: number | null;
            /**
             * @description It may change something from now on.
             * @default false
             */
            writes?: boolean;
            /**
             * @description It only reads from now on.
             * @default false
             */
            read_only?: boolean;
            /** @description The highest risk that it takes alone: `low`, `medium`, `high`, `critical`. */
            risk?: string | null;
            /** @description Operations that it may call from now on; `*` for all. */
            tools?: string[] | null;
            /** @description Doors that it may come by from now on; `rest`, `http`. */
            doors?: string[] | null;
            /**
             * Format: uint32
             * @description It ends after so many days from now.
             */
            days?: number | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** AgentRow */
        "agent.limit.output": {
            id: string;
            name: string;
            /** @description `active`, `paused` or `expired`. */
            state: string;
            why?: string | null;
            owner?: string | null;
            role: string;
            read_only: boolean;
            /** @description The highest risk that it takes alone. */
            risk: string;
            /** @description All when none is named. */
            tools: string[];
            doors: string[];
            /** Format: uint64 */
            calls_this_hour: number;
            /** Format: uint64 */
            calls_today: number;
            /** Format: uint64 */
            rows_this_hour: number;
            /** Format: uint64 */
            rows_today: number;
            /**
             * Format: double
             * @description In credits.
             */
            cost_this_hour: number;
            /** Format: double */
            cost_today: number;
            /** Format: uint64 */
            calls_per_hour?: number | null;
            /** Format: uint64 */
            calls_per_day?: number | null;
            /** Format: uint64 */
            rows_per_hour?: number | null;
            /** Format: uint64 */
            rows_per_day?: number | null;
            /** Format: uint64 */
            cost_per_hour?: number | null;
            /** Format: uint64 */
            cost_per_day?: number | null;
            /**
             * Format: uint
             * @description What it has asked for and waits for.
             */
            asks: number;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /** ListInput */
        "agent.list.input": {
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        AgentRow: {
            id: string;
            name: string;
            /** @description `active`, `paused` or `expired`. */
            state: string;
            why?: string | null;
            owner?: string | null;
            role: string;
            read_only: boolean;
            /** @description The highest risk that it takes alone. */
            risk: string;
            /** @description All when none is named. */
            tools: string[];
            doors: string[];
            /** Format: uint64 */
            calls_this_hour: number;
            /** Format: uint64 */
            calls_today: number;
            /** Format: uint64 */
            rows_this_hour: number;
            /** Format: uint64 */
            rows_today: number;
            /**
             * Format: double
             * @description In credits.
             */
            cost_this_hour: number;
            /** Format: double */
            cost_today: number;
            /** Format: uint64 */
            calls_per_hour?: number | null;
            /** Format: uint64 */
            calls_per_day?: number | null;
            /** Format: uint64 */
            rows_per_hour?: number | null;
            /** Format: uint64 */
            rows_per_day?: number | null;
            /** Format: uint64 */
            cost_per_hour?: number | null;
            /** Format: uint64 */
            cost_per_day?: number | null;
            /**
             * Format: uint
             * @description What it has asked for and waits for.
             */
            asks: number;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /** AgentList */
        "agent.list.output": {
            agents: components["schemas"]["AgentRow"][];
        };
        /** LogInput */
        "agent.log.input": {
            /** @description The agent's name or id. */
            agent: string;
            /**
             * Format: uint32
             * @description So many lines at most, the newest first.
             * @default 50
             */
            limit?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        LogLine: {
            /** Format: date-time */
            at: string;
            what: string;
            /** @description `done` or `refused`. */
            result: string;
            details: unknown;
        };
        /** AgentLog */
        "agent.log.output": {
            agent: components["schemas"]["AgentRow"];
            lines: components["schemas"]["LogLine"][];
        };
        /** PauseInput */
        "agent.pause.input": {
            /** @description The agent's name or id. */
            agent: string;
            /**
             * @description What the agent is told.
             * @default somebody stopped it
             */
            why?: string;
            /**
             * @description Lets it go on.
             * @default false
             */
            resume?: boolean;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** AgentRow */
        "agent.pause.output": {
            id: string;
            name: string;
            /** @description `active`, `paused` or `expired`. */
            state: string;
            why?: string | null;
            owner?: string | null;
            role: string;
            read_only: boolean;
            /** @description The highest risk that it takes alone. */
            risk: string;
            /** @description All when none is named. */
            tools: string[];
            doors: string[];
            /** Format: uint64 */
            calls_this_hour: number;
            /** Format: uint64 */
            calls_today: number;
            /** Format: uint64 */
            rows_this_hour: number;
            /** Format: uint64 */
            rows_today: number;
            /**
             * Format: double
             * @description In credits.
             */
            cost_this_hour: number;
            /** Format: double */
            cost_today: number;
            /** Format: uint64 */
            calls_per_hour?: number | null;
            /** Format: uint64 */
            calls_per_day?: number | null;
            /** Format: uint64 */
            rows_per_hour?: number | null;
            /** Format: uint64 */
            rows_per_day?: number | null;
            /** Format: uint64 */
            cost_per_hour?: number | null;
            /** Format: uint64 */
            cost_per_day?: number | null;
            /**
             * Format: uint
             * @description What it has asked for and waits for.
             */
            asks: number;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /** ExportInput */
        "audit.export.input": {
            /**
             * Format: uint64
             * @description From this position on; the oldest that is kept when nothing is said.
             * @default 0
             */
            from?: number;
            /**
             * Format: uint32
             * @description So many lines at most.
             * @default 1000
             */
            limit?: number;
        };
        /** @description Who did what, from where, and how it went: one line a call. */
        AuditRow: {
            /** Format: uint64 */
            position: number;
            /** Format: date-time */
            at: string;
            actor_kind: components["schemas"]["ActorKind"];
            actor: string;
            on_behalf_of?: string | null;
            door: string;
            /** @description The address that it came from, over a network. */
            from?: string | null;
            operation: string;
            /** @description On what or whom: what the call names first. */
            on?: string | null;
            effect: string;
            preview: boolean;
            /** @description Secrets hidden. */
            input: unknown;
            /** @description The code of the fault, when it did not succeed. */
            code?: string | null;
            /** Format: uint64 */
            took_ms: number;
            trace_id: string;
        };
        /** @enum {string} */
        ActorKind: "human" | "ai_agent" | "service_account" | "system";
        /** Exported */
        "audit.export.output": {
            lines: components["schemas"]["AuditRow"][];
            /**
             * Format: uint64
             * @description Where the next lines begin; nothing when these are the last ones.
             */
            next?: number | null;
            /** @description Keep it with the lines: `audit:verify --seal` proves that the log still holds them. */
            seal: string;
        };
        /** ListInput */
        "audit.list.input": {
            /** @description Only calls of this operation. */
            operation?: string | null;
            /** @description Only calls of this actor, or on behalf of this user. */
            actor?: string | null;
            /** @description Only what was done on this: a user, a part, a project. */
            on?: string | null;
            /**
             * @description Only what was refused or failed.
             * @default false
             */
            refused?: boolean;
            /** @description Only what belongs to this trace. */
            trace?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest.
             * @default 100
             */
            limit?: number;
        };
        /** AuditList */
        "audit.list.output": {
            lines: components["schemas"]["AuditRow"][];
        };
        /** VerifyInput */
        "audit.verify.input": {
            /** @description A seal that was kept elsewhere: the log has to hold it as well. */
            seal?: string | null;
        };
        /** Verified */
        "audit.verify.output": {
            good: boolean;
            /** Format: uint64 */
            lines: number;
            /** @description The first line that does not fit. */
            broken: string | null;
            /** @description Keep it elsewhere: it proves the log up to now. */
            seal: string | null;
        };
        /** CanInput */
        "auth.can.input": {
            /** @description The user's id or address. */
            user: string;
            /** @description What it wants to do, such as `crm.view`. */
            permission: string;
            /** @description Only in this organization: its short name or id. */
            organization?: string | null;
            /** @description Only in this project that the organization works on. */
            in_project?: string | null;
            /** @description Only in this team of the organization. */
            in_team?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Decision */
        "auth.can.output": {
            allowed: boolean;
            /** @description What decided it, in a sentence. */
            why: string;
            /** @description Roles that were looked at, with those that they inherit from. */
            roles: string[];
            /** @description The binding that gives it. */
            binding?: string | null;
            /** @description The permission as it is written in the role: `crm.*` gives `crm.view`. */
            by?: string | null;
        };
        /** BootsInput */
        "board.boots.input": {
            /**
             * Format: uint32
             * @description So many, the newest first.
             * @default 20
             */
            limit?: number;
        };
        BootRow: {
            /** Format: int64 */
            boot: number;
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            ended_at: string | null;
            /** @description `running`, `clean`, `killed`, `failed` */
            how: string;
            version: string;
            /** Format: double */
            ready_ms: number | null;
        };
        /** BootList */
        "board.boots.output": {
            boots: components["schemas"]["BootRow"][];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "board.check.input": Record<string, never>;
        /**
         * CheckReport
         * @description What a boot would find before any part runs.
         */
        "board.check.output": {
            good: boolean;
            /** @description In the order in which they would start. */
            parts: string[];
            problems: string[];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "board.report.input": Record<string, never>;
        Stage: {
            /** Format: uint */
            number: number;
            name: string;
            /** Format: uint64 */
            took_us: number;
            lines: components["schemas"]["Line"][];
        };
        Line: {
            mark: components["schemas"]["Mark"];
            text: string;
        };
        /** @enum {string} */
        Mark: "good" | "note" | "warn" | "bad";
        /**
         * BootReport
         * @description How a boot went.
         */
        "board.report.output": {
            /** Format: int64 */
            boot: number;
            version: string;
            data_folder: string;
            /** Format: uint64 */
            ready_ms: number;
            ready: boolean;
            degraded: boolean;
            urls: string[];
            stages: components["schemas"]["Stage"][];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "board.restart.input": Record<string, never>;
        /**
         * GoingDown
         * @description The answer comes before the board is down.
         */
        "board.restart.output": {
            going_down: boolean;
            /** Format: uint64 */
            within_s: number;
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "board.shutdown.input": Record<string, never>;
        /**
         * GoingDown
         * @description The answer comes before the board is down.
         */
        "board.shutdown.output": {
            going_down: boolean;
            /** Format: uint64 */
            within_s: number;
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "board.status.input": Record<string, never>;
        /** @description A part in one line. */
        PartRow: {
            name: string;
            /** @description `running`, `stopped`, `restarting` …, or `on the shelf` */
            state: string;
            health: components["schemas"]["Condition"] | null;
            version: string;
            standing: components["schemas"]["Standing"] | null;
            /** Format: uint32 */
            restarts: number;
            why: string | null;
            about: string;
            addresses: string[];
        };
        /** @enum {string} */
        Condition: "healthy" | "degraded" | "critical" | "failed" | "recovering";
        /** @description What the loss of a part means to the board. */
        Standing: "optional" | "essential" | "protected";
        JobCounts: {
            /** Format: uint64 */
            queued: number;
            /** Format: uint64 */
            running: number;
            /** Format: uint64 */
            dead: number;
        };
        /**
         * StatusReport
         * @description The board at a glance.
         */
        "board.status.output": {
            /** @description `healthy`, `degraded`, `starting`, `stopping` */
            status: string;
            version: string;
            /** Format: int64 */
            boot: number;
            safe: boolean;
            /** Format: uint64 */
            uptime_s: number;
            /** Format: uint64 */
            ready_ms: number | null;
            urls: string[];
            data_folder: string;
            /** Format: uint32 */
            process: number;
            /** Format: uint64 */
            memory_bytes: number | null;
            /** Format: double */
            cpu_s: number | null;
            parts: components["schemas"]["PartRow"][];
            jobs: components["schemas"]["JobCounts"];
            /** Format: uint64 */
            facts_told: number;
        };
        /** @enum {string} */
        YesNo: "yes" | "no";
        /**
         * Input
         * @description Where an operation works.
         */
        "column.change.input": {
            /** @description `books`, `app.books` */
            table: string;
            column: string;
            /** @description Its new name. */
            rename?: string | null;
            /** @description Its new type: `integer`, `numeric(10,2)`. */
            type?: string | null;
            /**
             * @description What each value becomes, as an expression: `round(price)`. Without one, values keep their
             *     meaning or refuse the change.
             */
            using?: string | null;
            /** @description Whether it may be empty. */
            nullable?: components["schemas"]["YesNo"] | null;
            /** @description The expression of new rows; an empty one takes it away. */
            default?: string | null;
            /** @description Whether it alone is the key of the table, or no part of it. */
            primary?: components["schemas"]["YesNo"] | null;
            /** @description Whether each value may be there once only. */
            unique?: components["schemas"]["YesNo"] | null;
            /** @description What each row must hold to: `price > 0`; an empty one takes it away. */
            check?: string | null;
            /** @description The column that it points to: `authors.id`; an empty one takes it away. */
            references?: string | null;
            /**
             * @description What becomes of its row when that one goes: `cascade`, `restrict`, `set null`, `set default`,
             *     `no action`.
             */
            on_delete?: string | null;
            /** @description The same, when the key of that one changes. */
            on_update?: string | null;
            /** @description What it is for; an empty one takes it away. */
            comment?: string | null;
            /** @description A constraint of the table that goes, by the name that `schema:show` tells. */
            drop?: string[];
            /** @description What the migration is called. */
            name?: string | null;
            /** @description Says yes to one destructive step: `narrow_type books.price`. Each needs its own. */
            consent?: string[];
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        DangerRow: {
            migration: string;
            /** Format: uint */
            line: number;
            why: string;
            /** @description For `--consent`. */
            consent: string;
            given: boolean;
        };
        WarningRow: {
            migration: string;
            /** Format: uint */
            line: number;
            object: string;
            why: string;
            instead?: string | null;
        };
        /** Answer */
        "column.change.output": {
            /** @description `project/source` */
            at: string;
            /** @description The column as it is called now. */
            column: string;
            /** @description The migration that was written and applied, or would be. */
            migration: string;
            /** @description What was run, or would be. */
            up: string;
            /** @description What takes it back. */
            down: string;
            /** @description The table is built anew, for the engine cannot change it in place. */
            rebuilds: boolean;
            /** @description What is lost, and how one consents to it. */
            dangers?: components["schemas"]["DangerRow"][];
            /** @description Worth knowing on a source that is in use. */
            warnings?: components["schemas"]["WarningRow"][];
            /** Format: uint64 */
            took_ms?: number | null;
        };
        /** ListInput */
        "component.list.input": {
            /**
             * @description Also parts that could be plugged in.
             * @default false
             */
            all?: boolean;
        };
        /** PartList */
        "component.list.output": {
            parts: components["schemas"]["PartRow"][];
        };
        /**
         * OnePart
         * @description Which part is meant.
         */
        "component.plug.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
        };
        /** StartedIn */
        "component.plug.output": {
            part: string;
            /** Format: uint64 */
            took_ms: number;
        };
        /**
         * OnePart
         * @description Which part is meant.
         */
        "component.restart.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
        };
        /** @description What a part did with the time it had to leave. */
        DrainReport: {
            /** Format: uint64 */
            took_ms: number;
            /** @description Who was still at work when the time was over, and was ended. */
            late: string[];
        };
        /** SwapReport */
        "component.restart.output": {
            part: string;
            /** Format: uint64 */
            took_ms: number;
            /**
             * Format: uint64
             * @description How long nobody served; 0 when the newcomer was ready before the old one left.
             */
            gap_ms: number;
            /** @description How the old one left; missing while it still finishes its work. */
            drained: components["schemas"]["DrainReport"] | null;
        };
        /**
         * OnePart
         * @description Which part is meant.
         */
        "component.show.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
        };
        State: ("seated" | "assembling" | "testing" | "starting" | "live" | "draining" | "stopped") | "waiting" | "failed";
        /**
         * PartRecord
         * @description What is known of a part: the row that people, screens and agents see.
         */
        "component.show.output": {
            name: string;
            /** @description The type behind it. */
            class: string;
            version: string;
            about: string;
            state: components["schemas"]["State"];
            /** @description The state in the words that people are shown. */
            shown: string;
            standing: components["schemas"]["Standing"];
            /** @description Parts that it waits for. */
            dependencies: string[];
            provides: string[];
            needs: string[];
            claims: string[];
            /** @description Its settings, secrets hidden. */
            config: unknown;
            health: components["schemas"]["Condition"];
            /** @description Why it is not healthy. */
            why: string | null;
            /** Format: date-time */
            last_check: string | null;
            /** Format: date-time */
            since: string;
            /** Format: uint32 */
            restarts: number;
            /** Format: uint64 */
            registered_in_us: number;
            /** Format: uint64 */
            ready_in_ms: number | null;
            /** @description Where it can be reached. */
            addresses: string[];
        };
        /**
         * OnePart
         * @description Which part is meant.
         */
        "component.start.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
        };
        /** StartedIn */
        "component.start.output": {
            part: string;
            /** Format: uint64 */
            took_ms: number;
        };
        /**
         * OnePartForced
         * @description Which part is meant, and how much it is meant.
         */
        "component.stop.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
            /**
             * @description Also when the part is essential or protected.
             * @default false
             */
            force?: boolean;
        };
        /**
         * StopReport
         * @description What stopping does, or would do.
         */
        "component.stop.output": {
            part: string;
            /** @description Parts that lack something as long as it is down. */
            degraded: string[];
            /** @description Missing in a preview, and while the part still finishes its work. */
            drained: components["schemas"]["DrainReport"] | null;
        };
        /**
         * OnePart
         * @description Which part is meant.
         */
        "component.swap.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
        };
        /** SwapReport */
        "component.swap.output": {
            part: string;
            /** Format: uint64 */
            took_ms: number;
            /**
             * Format: uint64
             * @description How long nobody served; 0 when the newcomer was ready before the old one left.
             */
            gap_ms: number;
            /** @description How the old one left; missing while it still finishes its work. */
            drained: components["schemas"]["DrainReport"] | null;
        };
        /**
         * OnePartForced
         * @description Which part is meant, and how much it is meant.
         */
        "component.unplug.input": {
            /** @description The part's name, as `mobo list` shows it. */
            part: string;
            /**
             * @description Also when the part is essential or protected.
             * @default false
             */
            force?: boolean;
        };
        /**
         * StopReport
         * @description What stopping does, or would do.
         */
        "component.unplug.output": {
            part: string;
            /** @description Parts that lack something as long as it is down. */
            degraded: string[];
            /** @description Missing in a preview, and while the part still finishes its work. */
            drained: components["schemas"]["DrainReport"] | null;
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "config.check.input": Record<string, never>;
        MistakeRow: {
            name: string;
            /** @description File, line and column, or the variable. */
            place: string;
            problem: string;
            hint: string | null;
        };
        /**
         * ConfigChecked
         * @description Every mistake at once.
         */
        "config.check.output": {
            good: boolean;
            mistakes: components["schemas"]["MistakeRow"][];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "config.reload.input": Record<string, never>;
        /**
         * ReloadReport
         * @description What a reload did, by the names of settings.
         */
        "config.reload.output": {
            /** @description In force now, or at the next start of a part that is down. */
            live: string[];
            /** @description Parts that were swapped to take up their new settings. */
            swapped: string[];
            /** @description In force after the next boot. */
            needs_restart: string[];
            /** @description Parts that refused their new settings and go on with the old ones. */
            refused: string[];
        };
        /** SetInput */
        "config.set.input": {
            /** @description Such as `health.interval`. */
            name: string;
            /**
             * Format: password
             * @description Such as `10s`; numbers, `true`, and lists as in TOML.
             */
            value: string;
        };
        /** @description What a reload did, by the names of settings. */
        ReloadReport: {
            /** @description In force now, or at the next start of a part that is down. */
            live: string[];
            /** @description Parts that were swapped to take up their new settings. */
            swapped: string[];
            /** @description In force after the next boot. */
            needs_restart: string[];
            /** @description Parts that refused their new settings and go on with the old ones. */
            refused: string[];
        };
        /**
         * SetReport
         * @description What the change did, or would do.
         */
        "config.set.output": {
            name: string;
            before: unknown;
            after: unknown;
            /** @description Missing in a preview. */
            reload: components["schemas"]["ReloadReport"] | null;
            /** @description A layer above the file that hides the change. */
            hidden_by: string | null;
        };
        /** ShowInput */
        "config.show.input": {
            /** @description Only settings whose name begins so: `health` or `gate.port`. */
            name?: string | null;
            /**
             * @description Only those that somebody has set.
             * @default false
             */
            changed?: boolean;
            /**
             * @description With the place where each value was set.
             * @default false
             */
            origin?: boolean;
        };
        SettingRow: {
            name: string;
            /** @description Secrets are `***`. */
            value: unknown;
            default: unknown;
            /** @description `default`, a line of a file, a variable, or a flag. */
            origin: string;
            /** @description Whether a change takes effect while the board runs. */
            live: boolean;
            about: string;
            /** @description The variable of the environment that sets it. */
            variable: string;
        };
        /** SettingList */
        "config.show.output": {
            settings: components["schemas"]["SettingRow"][];
        };
        /** UnsetInput */
        "config.unset.input": {
            /** @description Such as `health.interval`. */
            name: string;
        };
        /**
         * SetReport
         * @description What the change did, or would do.
         */
        "config.unset.output": {
            name: string;
            before: unknown;
            after: unknown;
            /** @description Missing in a preview. */
            reload: components["schemas"]["ReloadReport"] | null;
            /** @description A layer above the file that hides the change. */
            hidden_by: string | null;
        };
        /** DoctorInput */
        "doctor.run.input": {
            /**
             * @description Mend what can be mended.
             * @default false
             */
            fix?: boolean;
            /** @description Look for this trouble alone. */
            only?: string | null;
        };
        Finding: {
            ailment: string;
            severity: components["schemas"]["Severity"];
            /** @description One sentence: what is wrong. */
            problem: string;
            /** @description Why it matters, or how it came about. */
            explanation: string;
            /** @description What to do, as a command where there is one. */
            suggestion: string;
            /** @description Whether `--fix` mends it. */
            fixable: boolean;
            /** @description What the fix needs to know: a path, a part. */
            subject?: string | null;
        };
        /** @enum {string} */
        Severity: "note" | "warning" | "serious";
        Fixed: {
            ailment: string;
            what: string;
            failed: boolean;
        };
        /**
         * DoctorReport
         * @description What was looked at, found and mended.
         */
        "doctor.run.output": {
            /** @description Nothing is left that a person should act on. */
            good: boolean;
            looked_at: string[];
            findings: components["schemas"]["Finding"][];
            fixed: components["schemas"]["Fixed"][];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "events.handlers.input": Record<string, never>;
        /** @description A handler as an operator sees it. */
        HandlerRow: {
            id: components["schemas"]["HandlerId"];
            hook: string;
            part: string;
            /** Format: int32 */
            priority: number;
            /** Format: uint64 */
            within_ms: number;
            /** Format: uint32 */
            failures: number;
        };
        /** Format: uint64 */
        HandlerId: number;
        /** HandlerList */
        "events.handlers.output": {
            handlers: components["schemas"]["HandlerRow"][];
        };
        /** ReplayInput */
        "events.replay.input": {
            /** @description Topics that begin so. */
            topic?: string | null;
            /** @description Only facts of this part. */
            source?: string | null;
            /**
             * Format: uint64
             * @description From this position of the journal on.
             */
            from?: number | null;
            /** @description From this moment on: `2026-01-02T03:04:05Z` or `10m` ago. */
            since?: string | null;
            /**
             * Format: uint32
             * @description So many at most.
             * @default 100
             */
            limit?: number;
        };
        /** @description A fact as people and programs see it. */
        EventRow: {
            /**
             * Format: uint64
             * @description Where it stands in the journal; facts that are not durable have none.
             */
            position: number | null;
            /** Format: date-time */
            at: string;
            topic: string;
            source: string;
            /** @description The whole envelope. */
            fact: unknown;
        };
        /** Replayed */
        "events.replay.output": {
            events: components["schemas"]["EventRow"][];
            /**
             * Format: uint64
             * @description Where to go on.
             */
            next: number;
            /**
             * Format: uint64
             * @description The oldest and the newest position that are kept.
             */
            oldest: number;
            /** Format: uint64 */
            newest: number;
        };
        /** TailInput */
        "events.tail.input": {
            /** @description Topics that begin so: `component` or `health.degraded`. */
            topic?: string | null;
            /** @description Only facts of this part. */
            source?: string | null;
            /**
             * Format: uint32
             * @description Begin with so many that were told already.
             * @default 0
             */
            last?: number;
            /**
             * @description With those that are told for every request, which are made only while somebody listens.
             * @default false
             */
            traffic?: boolean;
        };
        /**
         * Tailed
         * @description How many facts were handed over, and how many came too fast for the caller.
         */
        "events.tail.output": {
            /** Format: uint64 */
            told: number;
            /** Format: uint64 */
            missed: number;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "function.create.input": {
            /** @description `CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$` */
            statement: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of functions answers.
         */
        "function.create.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statement: string;
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "function.drop.input": {
            /** @description The function: `total`, `app.total`. */
            name: string;
            /** @description The types of its arguments, where several functions have the name. */
            arguments?: string[] | null;
            /**
             * @description It is fine when there is none.
             * @default false
             */
            if_exists?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of functions answers.
         */
        "function.drop.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statement: string;
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "function.list.input": {
            /** @description Of this schema; `public` when absent. */
            schema?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** @description A function, as people look at it. */
        Outline: {
            schema: string;
            name: string;
            /** @description `n integer`, `mood text = default` */
            arguments: string[];
            returns: string;
            /** @description `immutable`, `stable`, `volatile`: the first two may be called by GET. */
            volatility: string;
        };
        /** Answer */
        "function.list.output": {
            /** @description `project/source` */
            at: string;
            functions: components["schemas"]["Outline"][];
            /** @description Functions whose bodies cannot be read any more: nobody can call them until they are mended. */
            problems?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "function.show.input": {
            /** @description The function: `total`, `app.total`. */
            name: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "function.show.output": {
            /** @description `project/source` */
            at: string;
            /** @description Those that have the name. */
            functions: components["schemas"]["Outline"][];
            /** @description What makes them, where they are kept beside the engine. */
            statements?: string[];
            /** @description The roles that may call them, by their grants. */
            callers: string[];
        };
        /** Input */
        "gen.openapi.input": {
            /** @description The role whose rights count; all there is when absent. */
            role?: string | null;
            /** @description The first one that the project's REST door shows when absent. */
            schema?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "gen.openapi.output": {
            document: unknown;
        };
        /** @enum {string} */
        Language: "typescript" | "rust" | "go" | "swift" | "python" | "dart" | "kotlin";
        /** Input */
        "gen.types.input": {
            language: components["schemas"]["Language"];
            /** @description Those that the project's REST door shows when none is named. The first one is the default. */
            schemas?: string[];
            /**
             * @description MagFlock's own tables as well.
             * @default false
             */
            all?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "gen.types.output": {
            language: components["schemas"]["Language"];
            /** @description What most people would call the file. */
            file: string;
            schemas: string[];
            text: string;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "grant.add.input": {
            /** @description The role; `public` is everyone. */
            role: string;
            /**
             * @description The table: `posts`, `app.posts`; `*` for each table that is there now. With `execute` it is a
             *     function.
             */
            table: string;
            /**
             * @description `select`, `insert`, `update`, `delete`, with commas between them, or `all`; `execute` for a
             *     function.
             */
            verbs: string;
            /** @description Only these columns, with commas between them. */
            columns?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "grant.add.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * ListInput
         * @description Where an operation works.
         */
        "grant.list.input": {
            /** @description Of this role alone. */
            role?: string | null;
            /** @description On this table alone. */
            table?: string | null;
            /**
             * @description Those on MagFlock's own tables as well.
             * @default false
             */
            all?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        Row: {
            role: string;
            /** @description A table, or what else the right is on. */
            on: string;
            verbs: string;
            /** @description All when absent. */
            columns: string[] | null;
        };
        /** Answer */
        "grant.list.output": {
            /** @description `project/source` */
            at: string;
            grants: components["schemas"]["Row"][];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "grant.remove.input": {
            /** @description The role; `public` is everyone. */
            role: string;
            /**
             * @description The table: `posts`, `app.posts`; `*` for each table that is there now. With `execute` it is a
             *     function.
             */
            table: string;
            /**
             * @description `select`, `insert`, `update`, `delete`, with commas between them, or `all`; `execute` for a
             *     function.
             */
            verbs: string;
            /** @description Only these columns, with commas between them. */
            columns?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "grant.remove.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * MaybePart
         * @description One part, or all of them.
         */
        "health.check.input": {
            /** @description One part; all of them when left out. */
            part?: string | null;
        };
        /** @description How one check went. */
        Checked: {
            part: string;
            good: boolean;
            why: string | null;
            /** Format: uint64 */
            took_ms: number;
            /** Format: uint32 */
            attempts: number;
            condition: components["schemas"]["Condition"];
        };
        /** CheckedParts */
        "health.check.output": {
            good: boolean;
            checks: components["schemas"]["Checked"][];
        };
        /**
         * MaybePart
         * @description One part, or all of them.
         */
        "health.report.input": {
            /** @description One part; all of them when left out. */
            part?: string | null;
        };
        SystemHealth: {
            status: string;
            /** Format: uint64 */
            uptime_s: number;
            /** Format: uint64 */
            memory_bytes: number | null;
            /** Format: double */
            cpu_s: number | null;
        };
        /** @description What is known of a part: the row that people, screens and agents see. */
        PartRecord: {
            name: string;
            /** @description The type behind it. */
            class: string;
            version: string;
            about: string;
            state: components["schemas"]["State"];
            /** @description The state in the words that people are shown. */
            shown: string;
            standing: components["schemas"]["Standing"];
            /** @description Parts that it waits for. */
            dependencies: string[];
            provides: string[];
            needs: string[];
            claims: string[];
            /** @description Its settings, secrets hidden. */
            config: unknown;
            health: components["schemas"]["Condition"];
            /** @description Why it is not healthy. */
            why: string | null;
            /** Format: date-time */
            last_check: string | null;
            /** Format: date-time */
            since: string;
            /** Format: uint32 */
            restarts: number;
            /** Format: uint64 */
            registered_in_us: number;
            /** Format: uint64 */
            ready_in_ms: number | null;
            /** @description Where it can be reached. */
            addresses: string[];
        };
        /**
         * HealthReport
         * @description The system, its parts, its connections.
         */
        "health.report.output": {
            /** Format: date-time */
            at: string;
            system: components["schemas"]["SystemHealth"];
            components: components["schemas"]["PartRecord"][];
            /** @description Where parts can be reached. */
            connections: string[];
        };
        /**
         * MaybePart
         * @description One part, or all of them.
         */
        "health.watch.input": {
            /** @description One part; all of them when left out. */
            part?: string | null;
        };
        /**
         * Watched
         * @description How many looks were handed over.
         */
        "health.watch.output": {
            /** Format: uint64 */
            looks: number;
        };
        /**
         * OneJob
         * @description Which job is meant.
         */
        "jobs.cancel.input": {
            /** @description The job's id, as `mobo jobs:list` shows it. */
            id: string;
        };
        JobState: ("running" | "done" | "cancelled") | "queued" | "dead";
        /**
         * JobChanged
         * @description What became of the job.
         */
        "jobs.cancel.output": {
            id: string;
            state: components["schemas"]["JobState"];
        };
        /** ListInput */
        "jobs.list.input": {
            /** @description Only jobs in this state. */
            state?: components["schemas"]["JobState"] | null;
            /** @description Only jobs of this kind. */
            kind?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 100
             */
            limit?: number;
        };
        /** @description A job in one line. */
        JobRow: {
            id: string;
            kind: string;
            state: components["schemas"]["JobState"];
            /** Format: uint32 */
            attempts: number;
            /** Format: uint32 */
            attempts_max: number;
            /**
             * Format: date-time
             * @description When it is due, or was.
             */
            due: string;
            error: string | null;
        };
        /** JobList */
        "jobs.list.output": {
            jobs: components["schemas"]["JobRow"][];
            /** Format: uint64 */
            queued: number;
            /** Format: uint64 */
            running: number;
            /** Format: uint64 */
            done: number;
            /** Format: uint64 */
            dead: number;
            /** Format: uint64 */
            cancelled: number;
        };
        /**
         * OneJob
         * @description Which job is meant.
         */
        "jobs.retry.input": {
            /** @description The job's id, as `mobo jobs:list` shows it. */
            id: string;
        };
        /**
         * JobChanged
         * @description What became of the job.
         */
        "jobs.retry.output": {
            id: string;
            state: components["schemas"]["JobState"];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "jobs.schedules.input": Record<string, never>;
        ScheduleRow: {
            name: string;
            cron: string;
            kind: string;
            enabled: boolean;
            /** Format: date-time */
            last_run: string | null;
        };
        /** ScheduleList */
        "jobs.schedules.output": {
            schedules: components["schemas"]["ScheduleRow"][];
        };
        /**
         * OneJob
         * @description Which job is meant.
         */
        "jobs.show.input": {
            /** @description The job's id, as `mobo jobs:list` shows it. */
            id: string;
        };
        /** Job */
        "jobs.show.output": {
            id: string;
            kind: string;
            payload: unknown;
            state: components["schemas"]["JobState"];
            /**
             * Format: int32
             * @description The higher, the sooner.
             */
            priority: number;
            /** Format: date-time */
            run_at: string;
            /** Format: uint32 */
            attempts: number;
            /** Format: uint32 */
            max_attempts: number;
            /** Format: uint64 */
            timeout_ms: number;
            unique_key: string | null;
            /** Format: date-time */
            lease_until: string | null;
            /** @description What the last attempt that failed said. */
            error: string | null;
            result: unknown;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            started_at: string | null;
            /** Format: date-time */
            ended_at: string | null;
        };
        KeyKind: "publishable" | "secret" | "jwt" | "agent" | "service";
        /** CreateInput */
        "key.create.input": {
            /** @description What the key is for, so that others know it in a year. */
            name: string;
            /**
             * @description `publishable` for apps, `secret` for servers, `jwt` for clients that want a token.
             * @default publishable
             */
            kind?: components["schemas"]["KeyKind"];
            /** @description The role it opens; otherwise `service_role` for secret keys, `anon` for the others. */
            role?: string | null;
            /**
             * @description What of its role it may do: `data.read`, `data.*`, `auth.admin`, `storage.*`; everything of
             *     its project when none is named for a key of `service_role`.
             * @default []
             */
            scopes?: string[];
            /**
             * Format: uint32
             * @description It ends after so many days; tokens end after ten years when nothing is said.
             */
            days?: number | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /**
         * KeyMade
         * @description A new key, with its text: the only time that it is shown.
         */
        "key.create.output": {
            id: string;
            name: string;
            kind: components["schemas"]["KeyKind"];
            role: string;
            /** @description Keep it now: it is not shown again. */
            key: string;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /** ListInput */
        "key.list.input": {
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
            /**
             * @description Those that open nothing any more as well.
             * @default false
             */
            all?: boolean;
        };
        /** @description A key without its text. */
        KeyRow: {
            id: string;
            name: string;
            kind: components["schemas"]["KeyKind"];
            /** @description How its text begins. */
            begins: string;
            role: string;
            scopes: string[];
            /** @description `active`, `replaced` (it ends soon), `expired`, `revoked`. */
            state: string;
            /** Format: date-time */
            created_at: string;
            created_by: string;
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: date-time */
            last_used_at?: string | null;
            replaces?: string | null;
        };
        /** KeyList */
        "key.list.output": {
            keys: components["schemas"]["KeyRow"][];
        };
        /** RevokeInput */
        "key.revoke.input": {
            /** @description The key's id or name, as `mobo key:list` shows them. */
            key: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Revoked */
        "key.revoke.output": {
            id: string;
            name: string;
            /** @description Whether it was still open before. */
            was_active: boolean;
        };
        /** RotateInput */
        "key.rotate.input": {
            /** @description The key's id or name, as `mobo key:list` shows them. */
            key: string;
            /**
             * Format: uint32
             * @description How long both keys open the door, so that apps can be changed without a gap.
             * @default 24
             */
            overlap_hours?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /**
         * KeyMade
         * @description A new key, with its text: the only time that it is shown.
         */
        "key.rotate.output": {
            id: string;
            name: string;
            kind: components["schemas"]["KeyKind"];
            role: string;
            /** @description Keep it now: it is not shown again. */
            key: string;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /**
         * @description `tracing` knows no `notice` and no `critical`: an event says `notice = true` or `critical = true`.
         * @enum {string}
         */
        Level: "debug" | "info" | "notice" | "warning" | "error" | "critical";
        /** LogsInput */
        "logs.show.input": {
            /** @description Only lines of this part. */
            part?: string | null;
            /** @description This level and those that matter more. */
            level?: components["schemas"]["Level"] | null;
            /** @description From this moment on: `2026-01-02T03:04:05Z` or `10m` ago. */
            since?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest.
             */
            limit?: number | null;
        };
        LogRow: {
            /** Format: date-time */
            at: string;
            level: components["schemas"]["Level"];
            part: string;
            message: string;
            fields: unknown;
        };
        /** LogLines */
        "logs.show.output": {
            lines: components["schemas"]["LogRow"][];
        };
        /** LogsInput */
        "logs.tail.input": {
            /** @description Only lines of this part. */
            part?: string | null;
            /** @description This level and those that matter more. */
            level?: components["schemas"]["Level"] | null;
            /** @description From this moment on: `2026-01-02T03:04:05Z` or `10m` ago. */
            since?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest.
             */
            limit?: number | null;
        };
        /**
         * Tailed
         * @description How many lines were handed over.
         */
        "logs.tail.output": {
            /** Format: uint64 */
            lines: number;
        };
        /** ListInput */
        "mail.list.input": {
            /** @description Only those to this address. */
            to?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 50
             */
            limit?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        MailRow: {
            id: string;
            /** Format: date-time */
            at: string;
            to: string;
            /** @description `email` or `sms`. */
            channel: string;
            template: string;
            subject: string;
            /** @description `sent`; `waiting` for another try; `failed`; or `kept` when there is no server to send it. */
            state: string;
            /** @description Why the last try has not sent it. */
            error?: string | null;
        };
        /** MailList */
        "mail.list.output": {
            mails: components["schemas"]["MailRow"][];
            /** @description Whether mails leave this machine, by `[auth.smtp]`. */
            goes_out: boolean;
        };
        /** PreviewInput */
        "mail.preview.input": {
            /** @description `confirmation`, `invite`, `recovery`, `magic_link`, `email_change`, `reauthentication`, `sms`. */
            template: string;
            /** @description As somebody reads it who has this language, such as `de`. */
            language?: string | null;
        };
        /** Previewed */
        "mail.preview.output": {
            subject: string;
            text: string;
            html: string;
        };
        /** ShowInput */
        "mail.show.input": {
            /** @description The mail's id, as `mobo mail:list` shows it. */
            id: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** MailShown */
        "mail.show.output": {
            mail: components["schemas"]["MailRow"];
            text: string;
            html: string;
        };
        /** @description How far back it goes. */
        Span: "hour" | "day" | "week";
        /** ShownInput */
        "metrics.history.input": {
            /** @default hour */
            span?: components["schemas"]["Span"];
            /** @description Only lines of these names: `requests`, `latency_p95`; all of them when absent. */
            only?: string[];
        };
        LineRow: {
            /** @description `requests` and other counters by the second, `latency_p95` in milliseconds, `memory` in bytes. */
            name: string;
            /** @description What it is of: `door`, `status`, `project`, `source`. */
            of: {
                [key: string]: string;
            };
            /** @description One for each time; nothing where nothing was known. */
            points: (number | null)[];
        };
        /** ShownOutput */
        "metrics.history.output": {
            /**
             * Format: uint64
             * @description Seconds between two points.
             */
            every_s: number;
            times: string[];
            lines: components["schemas"]["LineRow"][];
        };
        /** ShownInput */
        "metrics.tail.input": {
            /** @default hour */
            span?: components["schemas"]["Span"];
            /** @description Only lines of these names: `requests`, `latency_p95`; all of them when absent. */
            only?: string[];
        };
        /**
         * TailOutput
         * @description How often something was told.
         */
        "metrics.tail.output": {
            /** Format: uint64 */
            told: number;
        };
        /** UsedInput */
        "metrics.usage.input": {
            /**
             * Format: uint
             * @description Hours to look back, 24 at most.
             * @default 24
             */
            hours?: number;
        };
        UsageRow: {
            door: string;
            method: string;
            /** @description The table or function that was reached, or the beginning of the path. */
            route: string;
            project?: string | null;
            /** @description The key with which it was reached, as `key:list` names it. */
            key?: string | null;
            /** Format: uint64 */
            calls: number;
            /**
             * Format: uint64
             * @description Answered with 4xx.
             */
            refused: number;
            /**
             * Format: uint64
             * @description Answered with 5xx.
             */
            failed: number;
            /**
             * Format: double
             * @description On average.
             */
            took_ms: number;
            /** Format: double */
            slowest_ms: number;
        };
        /** UsedOutput */
        "metrics.usage.output": {
            /** @description The most used first. */
            routes: components["schemas"]["UsageRow"][];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.check.input": {
            /**
             * @description Takes all of them back again as well.
             * @default false
             */
            down?: boolean;
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "migrate.check.output": {
            good: boolean;
            /**
             * Format: uint
             * @description Run, from nothing to the newest.
             */
            migrations: number;
            /**
             * Format: uint
             * @description Tables that are there afterwards, those of MagFlock left out.
             */
            tables: number;
            /** @description Policies that cannot be read. */
            problems?: string[];
            /** @description Tables that are left when all migrations are taken back. */
            left?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.down.input": {
            /** @description Down to this version, which stays; one migration when absent. */
            to?: string | null;
            /**
             * Format: uint
             * @description So many migrations.
             */
            count?: number | null;
            /**
             * @description All of them.
             * @default false
             */
            all?: boolean;
            /** @description Says yes to one destructive step: `drop_table people`. Each needs its own. */
            consent?: string[];
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        StepRow: {
            migration: string;
            /** @description `up` or `down` */
            direction: string;
            /** @description In one transaction, or why not. */
            runs: string;
            /** Format: uint */
            statements: number;
            /**
             * Format: uint
             * @description Statements about who may do what, which are kept as rules.
             */
            rules?: number;
            /** Format: uint64 */
            took_ms?: number | null;
        };
        /** Report */
        "migrate.down.output": {
            /** @description `project/source` */
            at: string;
            /** @description What was run, or would be. */
            steps: components["schemas"]["StepRow"][];
            /**
             * Format: uint
             * @description How many wait still.
             */
            waiting: number;
            /** @description What would be destroyed, and how one consents to it. */
            dangers?: components["schemas"]["DangerRow"][];
            /** @description Worth knowing on a source that is in use. */
            warnings?: components["schemas"]["WarningRow"][];
            /** @description Policies that cannot be read: their tables are closed until they are mended. */
            problems?: string[];
        };
        Stands: "done" | "undone";
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.mark.input": {
            /** @description The migration's version, or the name of its folder. */
            version: string;
            /** @description How it stands. */
            standing: components["schemas"]["Stands"];
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "migrate.mark.output": {
            migration: string;
            /** @description `applied` or `pending` */
            standing: string;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.new.input": {
            /** @description What it does: `add people`. */
            name: string;
            /** @description The text of up.sql, when it is known already. */
            up?: string | null;
            /** @description The text of down.sql. */
            down?: string | null;
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "migrate.new.output": {
            migration: string;
            /** @description The files that were made, or would be. */
            files: string[];
            /** @description What applying it would destroy, and how one consents to it. */
            dangers?: components["schemas"]["DangerRow"][];
            /** @description Worth knowing before it is applied to a source that is in use. */
            warnings?: components["schemas"]["WarningRow"][];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.redo.input": {
            /**
             * Format: uint
             * @description So many migrations; one when absent.
             */
            count?: number | null;
            /** @description Says yes to one destructive step: `drop_table people`. Each needs its own. */
            consent?: string[];
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Report */
        "migrate.redo.output": {
            /** @description `project/source` */
            at: string;
            /** @description What was run, or would be. */
            steps: components["schemas"]["StepRow"][];
            /**
             * Format: uint
             * @description How many wait still.
             */
            waiting: number;
            /** @description What would be destroyed, and how one consents to it. */
            dangers?: components["schemas"]["DangerRow"][];
            /** @description Worth knowing on a source that is in use. */
            warnings?: components["schemas"]["WarningRow"][];
            /** @description Policies that cannot be read: their tables are closed until they are mended. */
            problems?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.status.input": {
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        Row_2: {
            /** @description `applied`, `pending`, `changed`, `lost`, `out of order`, `half done` */
            standing: string;
            migration: string;
            applied_at: string | null;
            applied_by: string | null;
            /** Format: uint64 */
            took_ms: number | null;
            /**
             * Format: uint64
             * @description Statements that were done, of a migration that ended midway.
             */
            done?: number | null;
        };
        /** Answer */
        "migrate.status.output": {
            /** @description `project/source` */
            at: string;
            folder: string;
            /** Format: uint */
            applied: number;
            /** Format: uint */
            waiting: number;
            migrations: components["schemas"]["Row_2"][];
            /** @description What has to be settled before anything is applied. */
            trouble?: string | null;
            hint?: string | null;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "migrate.up.input": {
            /** @description Up to and with this version; everything that waits when absent. */
            to?: string | null;
            /**
             * Format: uint
             * @description So many migrations at most.
             */
            count?: number | null;
            /** @description Says yes to one destructive step: `drop_column people.email`. Each needs its own. */
            consent?: string[];
            /**
             * @description Also applies migrations that are older than an applied one.
             * @default false
             */
            out_of_order?: boolean;
            /**
             * @description Runs all migrations in a throw-away database first.
             * @default false
             */
            check?: boolean;
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Report */
        "migrate.up.output": {
            /** @description `project/source` */
            at: string;
            /** @description What was run, or would be. */
            steps: components["schemas"]["StepRow"][];
            /**
             * Format: uint
             * @description How many wait still.
             */
            waiting: number;
            /** @description What would be destroyed, and how one consents to it. */
            dangers?: components["schemas"]["DangerRow"][];
            /** @description Worth knowing on a source that is in use. */
            warnings?: components["schemas"]["WarningRow"][];
            /** @description Policies that cannot be read: their tables are closed until they are mended. */
            problems?: string[];
        };
        /** CreateInput */
        "oauth.client.create.input": {
            /** @description What people read when the app asks them. */
            name: string;
            /**
             * @description Where people are sent back to, to the letter.
             * @default []
             */
            redirect_uris?: string[];
            /**
             * @description It can keep no secret: a page, or an app on somebody's device.
             * @default false
             */
            public?: boolean;
            /** @description It signs nobody in, and acts as this service account: its id or name. */
            service_account?: string | null;
            /** @description What it may ask for at most, such as `openid email`. */
            scope?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** @description An app without its secret. */
        ClientRow: {
            client_id: string;
            name: string;
            /** @description `public` for pages and apps on devices, `confidential` for what keeps a secret. */
            client_type: string;
            /** @description `manual`, or `dynamic` when it has registered itself. */
            registration: string;
            redirect_uris: string[];
            grant_types: string[];
            /** @description The service account that it is. */
            service_account?: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * ClientMade
         * @description An app, with its secret: the only time that it is shown.
         */
        "oauth.client.create.output": {
            client: components["schemas"]["ClientRow"];
            /** @description Keep it now: it is not shown again. */
            client_secret?: string | null;
        };
        /** OneClient */
        "oauth.client.delete.input": {
            /** @description The app's `client_id`, or a name that only one has. */
            client: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Deleted */
        "oauth.client.delete.output": {
            client_id: string;
            name: string;
            /** Format: uint */
            ended_sessions: number;
            /** @description Whether it was done, and not only looked at. */
            done: boolean;
        };
        /** ListInput */
        "oauth.client.list.input": {
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 100
             */
            limit?: number;
            /**
             * Format: uint32
             * @default 0
             */
            offset?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** ClientList */
        "oauth.client.list.output": {
            clients: components["schemas"]["ClientRow"][];
            /**
             * Format: uint64
             * @description How many there are without a limit.
             */
            total: number;
        };
        /** OneClient */
        "oauth.client.rotate.input": {
            /** @description The app's `client_id`, or a name that only one has. */
            client: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /**
         * ClientMade
         * @description An app, with its secret: the only time that it is shown.
         */
        "oauth.client.rotate.output": {
            client: components["schemas"]["ClientRow"];
            /** @description Keep it now: it is not shown again. */
            client_secret?: string | null;
        };
        /** AcceptInput */
        "org.accept.input": {
            /**
             * Format: password
             * @description What follows `#invite=` in the mail.
             */
            token: string;
            /** @description Who accepts it: a user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Joined */
        "org.accept.output": {
            /** @description The id of the organization. */
            organization: string;
            user: string;
        };
        /** CreateInput */
        "org.create.input": {
            /** @description Its short name, for addresses: `acme`. */
            organization: string;
            /** @description What people read; the short name when nothing is said. */
            name?: string | null;
            /** @description Who owns it: a user's id, address or name. */
            owner: string;
            /** @description The project's reference; the default project when absent. The board's own is `zero`. */
            project?: string | null;
        };
        /** OrgRow */
        "org.create.output": {
            id: string;
            /** @description Its short name. */
            organization: string;
            name: string;
            /** @description The id of the user who owns it. */
            owner: string;
            /** @description `active`, `suspended` or `archived`. */
            status: string;
            /** Format: date-time */
            created_at: string;
        };
        /** OneOrg */
        "org.delete.input": {
            /** @description Its short name or its id. */
            organization: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** OrgDeleted */
        "org.delete.output": {
            id: string;
            /** @description Its short name. */
            organization: string;
            name: string;
            /** @description The id of the user who owns it. */
            owner: string;
            /** @description `active`, `suspended` or `archived`. */
            status: string;
            /** Format: date-time */
            created_at: string;
            owner_name: string;
            /** Format: uint */
            members: number;
            /** Format: uint */
            teams: number;
            /**
             * Format: uint
             * @description Roles of its own, beside those that are built in.
             */
            roles: number;
            /** Format: uint */
            projects: number;
            /**
             * Format: uint
             * @description Invitations that wait.
             */
            invitations: number;
            /** @description Whether it was done, and not only looked at. */
            done: boolean;
        };
        /** ListInput */
        "org.invitations.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 100
             */
            limit?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        InvitationRow: {
            id: string;
            organization: string;
            email: string;
            role?: string | null;
            /** @description `waiting`, `accepted`, `revoked` or `expired`. */
            state: string;
            invited_by: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            created_at: string;
        };
        /** InvitationList */
        "org.invitations.output": {
            invitations: components["schemas"]["InvitationRow"][];
        };
        /** InviteInput */
        "org.invite.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description Where the invitation is mailed to. */
            email: string;
            /** @description The role that comes with it, in the whole organization. */
            role?: string | null;
            /**
             * Format: uint32
             * @description It is good for so many days.
             * @default 7
             */
            days?: number;
            /** @description The project's reference; the default project when absent. The board's own is `zero`. */
            project?: string | null;
        };
        /** InvitationRow */
        "org.invite.output": {
            id: string;
            organization: string;
            email: string;
            role?: string | null;
            /** @description `waiting`, `accepted`, `revoked` or `expired`. */
            state: string;
            invited_by: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            created_at: string;
        };
        /** ListInput */
        "org.list.input": {
            /** @description Only those that this user belongs to. */
            user?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 100
             */
            limit?: number;
            /**
             * Format: uint32
             * @default 0
             */
            offset?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        OrgRow: {
            id: string;
            /** @description Its short name. */
            organization: string;
            name: string;
            /** @description The id of the user who owns it. */
            owner: string;
            /** @description `active`, `suspended` or `archived`. */
            status: string;
            /** Format: date-time */
            created_at: string;
        };
        /** OrgList */
        "org.list.output": {
            organizations: components["schemas"]["OrgRow"][];
            /**
             * Format: uint64
             * @description How many there are without a limit.
             */
            total: number;
        };
        /** AddInput */
        "org.member.add.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The user's id, address or name. */
            user: string;
            /** @description A role that it gets in the whole organization. */
            role?: string | null;
            /**
             * @description `active`, or `suspended`: then nothing that it holds there counts.
             * @default active
             */
            status?: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        MemberRow: {
            user: string;
            name: string;
            /** @description `human`, `ai_agent`, `service_account` or `system`. */
            kind: string;
            email?: string | null;
            /** @description `invited`, `active` or `suspended`. */
            status: string;
            /** @description Roles that are bound to it in the whole organization. */
            roles: string[];
            /** Format: date-time */
            since: string;
        };
        /** Members */
        "org.member.add.output": {
            organization: string;
            members: components["schemas"]["MemberRow"][];
        };
        /** ListInput */
        "org.member.list.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Members */
        "org.member.list.output": {
            organization: string;
            members: components["schemas"]["MemberRow"][];
        };
        /** OneMember */
        "org.member.remove.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Members */
        "org.member.remove.output": {
            organization: string;
            members: components["schemas"]["MemberRow"][];
        };
        /** WorkInput */
        "org.project.add.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The short name of what it works on. In project `zero` it is a project of the board. */
            works_on: string;
            /** @description What people read; the short name when nothing is said. */
            name?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        WorkRow: {
            id: string;
            /** @description Its short name. */
            works_on: string;
            name: string;
            status: string;
        };
        /** WorkList */
        "org.project.add.output": {
            organization: string;
            projects: components["schemas"]["WorkRow"][];
        };
        /** OneOrg */
        "org.project.list.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** WorkList */
        "org.project.list.output": {
            organization: string;
            projects: components["schemas"]["WorkRow"][];
        };
        /** WorkInput */
        "org.project.remove.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The short name of what it works on. In project `zero` it is a project of the board. */
            works_on: string;
            /** @description What people read; the short name when nothing is said. */
            name?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** WorkList */
        "org.project.remove.output": {
            organization: string;
            projects: components["schemas"]["WorkRow"][];
        };
        /** BindInput */
        "org.role.bind.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The role's name or id: one of the organization's own, or one that is built in. */
            role: string;
            /** @description Who holds it: a member's id, address or name. Or name a team. */
            user?: string | null;
            /** @description A team whose members hold it. */
            team?: string | null;
            /** @description Only in this project that the organization works on; in the whole organization otherwise. */
            in_project?: string | null;
            /** @description Only in this team. */
            in_team?: string | null;
            /**
             * Format: uint32
             * @description It ends after so many days.
             */
            days?: number | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** BindingRow */
        "org.role.bind.output": {
            id: string;
            role: string;
            /** @description The user or the team that holds it. */
            holder: string;
            holder_name: string;
            /** @description `user` or `team` */
            holder_kind: string;
            /** @description `organization`, `project` or `team` */
            scope: string;
            /** @description The id of the project or the team, when it does not hold in the whole organization. */
            within?: string | null;
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /** BindingsInput */
        "org.role.bindings.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description Only what is bound to this user itself. */
            user?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        BindingRow: {
            id: string;
            role: string;
            /** @description The user or the team that holds it. */
            holder: string;
            holder_name: string;
            /** @description `user` or `team` */
            holder_kind: string;
            /** @description `organization`, `project` or `team` */
            scope: string;
            /** @description The id of the project or the team, when it does not hold in the whole organization. */
            within?: string | null;
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /** BindingList */
        "org.role.bindings.output": {
            bindings: components["schemas"]["BindingRow"][];
        };
        /** CreateInput */
        "org.role.create.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description What it is called. */
            name: string;
            description?: string | null;
            /**
             * @description What it allows: `crm.view`, `crm.deals.*`.
             * @default []
             */
            permissions?: string[];
            /**
             * @description Roles whose permissions it holds as well.
             * @default []
             */
            inherits?: string[];
            /** @description Begins with the permissions of a template. */
            template?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** RoleRow */
        "org.role.create.output": {
            id: string;
            name: string;
            /** @description Whether every organization has it. */
            built_in: boolean;
            description?: string | null;
            /** @description What is written in it. */
            permissions: string[];
            /** @description Roles whose permissions it holds as well. */
            inherits: string[];
            /** @description Everything that it allows, with what it inherits. */
            allows: string[];
        };
        /** OneRole */
        "org.role.delete.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The role's name or id. */
            name: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        RoleRow: {
            id: string;
            name: string;
            /** @description Whether every organization has it. */
            built_in: boolean;
            description?: string | null;
            /** @description What is written in it. */
            permissions: string[];
            /** @description Roles whose permissions it holds as well. */
            inherits: string[];
            /** @description Everything that it allows, with what it inherits. */
            allows: string[];
        };
        /** RoleDeleted */
        "org.role.delete.output": {
            role: components["schemas"]["RoleRow"];
            /**
             * Format: uint
             * @description To how many it was bound.
             */
            bindings: number;
            /** @description Whether it was done, and not only looked at. */
            done: boolean;
        };
        /** ListInput */
        "org.role.list.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** RoleList */
        "org.role.list.output": {
            roles: components["schemas"]["RoleRow"][];
        };
        /** Nothing */
        "org.role.templates.input": Record<string, never>;
        TemplateRow: {
            template: string;
            about: string;
            permissions: string[];
        };
        /** TemplateList */
        "org.role.templates.output": {
            templates: components["schemas"]["TemplateRow"][];
        };
        /** UnbindInput */
        "org.role.unbind.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The binding, as `org:role:bindings` lists it. */
            binding: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Unbound */
        "org.role.unbind.output": {
            binding: components["schemas"]["BindingRow"];
        };
        /** UpdateInput */
        "org.role.update.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The role's name or id. */
            name: string;
            /** @description What it allows from now on, in the place of what it allowed. */
            permissions?: string[] | null;
            /** @description What it inherits from now on. */
            inherits?: string[] | null;
            description?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** RoleRow */
        "org.role.update.output": {
            id: string;
            name: string;
            /** @description Whether every organization has it. */
            built_in: boolean;
            description?: string | null;
            /** @description What is written in it. */
            permissions: string[];
            /** @description Roles whose permissions it holds as well. */
            inherits: string[];
            /** @description Everything that it allows, with what it inherits. */
            allows: string[];
        };
        /** OneOrg */
        "org.show.input": {
            /** @description Its short name or its id. */
            organization: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** OrgShown */
        "org.show.output": {
            id: string;
            /** @description Its short name. */
            organization: string;
            name: string;
            /** @description The id of the user who owns it. */
            owner: string;
            /** @description `active`, `suspended` or `archived`. */
            status: string;
            /** Format: date-time */
            created_at: string;
            owner_name: string;
            /** Format: uint */
            members: number;
            /** Format: uint */
            teams: number;
            /**
             * Format: uint
             * @description Roles of its own, beside those that are built in.
             */
            roles: number;
            /** Format: uint */
            projects: number;
            /**
             * Format: uint
             * @description Invitations that wait.
             */
            invitations: number;
        };
        /** TransferInput */
        "org.transfer.input": {
            /** @description Its short name or its id. */
            organization: string;
            /** @description Who owns it from now on: a member's id, address or name. */
            to: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** OrgRow */
        "org.transfer.output": {
            id: string;
            /** @description Its short name. */
            organization: string;
            name: string;
            /** @description The id of the user who owns it. */
            owner: string;
            /** @description `active`, `suspended` or `archived`. */
            status: string;
            /** Format: date-time */
            created_at: string;
        };
        /** RevokeInput */
        "org.uninvite.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The invitation's id, or the address it went to. */
            invitation: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Revoked */
        "org.uninvite.output": {
            /** Format: uint */
            revoked: number;
        };
        /** UpdateInput */
        "org.update.input": {
            /** @description Its short name or its id. */
            organization: string;
            /** @description What people read from now on. */
            name?: string | null;
            /** @description `active`, `suspended` (its roles hold nothing until it is active again) or `archived`. */
            status?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** OrgRow */
        "org.update.output": {
            id: string;
            /** @description Its short name. */
            organization: string;
            name: string;
            /** @description The id of the user who owns it. */
            owner: string;
            /** @description `active`, `suspended` or `archived`. */
            status: string;
            /** Format: date-time */
            created_at: string;
        };
        /** @enum {string} */
        For: "all" | "select" | "insert" | "update" | "delete";
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.create.input": {
            /** @description `CREATE POLICY own ON posts FOR select TO authenticated USING (owner = auth.uid())` */
            statement?: string | null;
            /** @description Instead of a statement: the policy's name. */
            name?: string | null;
            /** @description The table: `posts`, `app.posts`. */
            table?: string | null;
            /**
             * @description For what.
             * @default all
             */
            for?: components["schemas"]["For"];
            /** @description For whom, several times for several; everyone when absent. */
            to?: string[];
            /** @description Which rows there are: an expression over a row. */
            using?: string | null;
            /** @description Which rows may be written. */
            check?: string | null;
            /**
             * @description All restrictive policies must hold, besides one permissive.
             * @default false
             */
            restrictive?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "policy.create.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.disable.input": {
            /** @description The table: `posts`, `app.posts`. */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "policy.disable.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.drop.input": {
            /** @description The policy. */
            name: string;
            /** @description Its table: `posts`, `app.posts`. */
            table: string;
            /**
             * @description It is fine when there is none.
             * @default false
             */
            if_exists?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "policy.drop.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.enable.input": {
            /** @description The table: `posts`, `app.posts`. */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "policy.enable.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /** @enum {string} */
        Deed: "select" | "insert" | "update" | "delete";
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.explain.input": {
            /** @description The table: `posts`, `app.posts`. */
            table: string;
            /** @description What is done; all four when absent. */
            verb?: components["schemas"]["Deed"] | null;
            /** @description The role; `authenticated` with a user, `anon` without one. */
            role?: string | null;
            /** @description The user's id, as `auth.uid()` gives it. */
            user?: string | null;
            /** @description Further claims of the token, as a JSON object. */
            claims?: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: uint64
             * @description Shows so many rows, and for each which policy admits it. They are shown whole, to whoever
             *     may explain policies.
             * @default 0
             */
            rows?: number;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        DeedRow: {
            verb: string;
            /** @description `all_rows`, `some_rows`, `no_rows`, `not_granted`, `bypasses`, `broken`, `no_role` */
            verdict: string;
            /** @description The same in words, with the next step. */
            because: string;
            /** @description Columns that may be touched. */
            columns: string[];
            masked?: string[];
            policies?: components["schemas"]["NoteRow"][];
        };
        NoteRow: {
            policy: string;
            restrictive: boolean;
            /** @description It speaks to the role and to what is done. */
            applies: boolean;
            condition: string | null;
        };
        /** Answer */
        "policy.explain.output": {
            role: string;
            table: string;
            deeds: components["schemas"]["DeedRow"][];
            /** @description Rows, and whether each policy admits them. */
            rows?: {
                [key: string]: unknown;
            }[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.list.input": {
            /** @description Of this table alone. */
            table?: string | null;
            /**
             * @description Those of MagFlock's own tables as well.
             * @default false
             */
            all?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        PolicyRow: {
            table: string;
            name: string;
            for: string;
            /** @description Everyone when empty. */
            to: string[];
            restrictive: boolean;
            using: string | null;
            check: string | null;
            /** @description What makes it. */
            statement: string;
        };
        MaskRow: {
            table: string;
            column: string;
            role: string;
            /** @description What is shown instead. */
            shows: string;
        };
        /** Answer */
        "policy.list.output": {
            /** @description `project/source` */
            at: string;
            policies: components["schemas"]["PolicyRow"][];
            masks?: components["schemas"]["MaskRow"][];
            /** @description Tables whose rows no policy holds back. */
            open?: string[];
            /** @description Policies that cannot be read: their tables are closed until they are mended. */
            problems?: string[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.mask.input": {
            /** @description The table: `people`, `app.people`. */
            table: string;
            column: string;
            /** @description Who sees it changed. */
            role: string;
            /** @description Shows this value; NULL when neither a value nor an expression is given. */
            value?: string | null;
            /** @description Shows this expression over the row: `left(email, 1) || '…'`. */
            expression?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "policy.mask.output": {
            /** @description `project/source` */
            at: string;
            /** @description `people.email` */
            column: string;
            role: string;
            /** @description What it sees. */
            shows: string;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "policy.test.input": {
            /** @description The table: `posts`, `app.posts`. */
            table: string;
            /** @description The role; `authenticated` with a user, `anon` without one. */
            role?: string | null;
            /** @description The user's id, as `auth.uid()` gives it. */
            user?: string | null;
            /** @description Further claims of the token, as a JSON object. */
            claims?: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: uint64
             * @description Rows to show at most.
             * @default 10
             */
            rows?: number;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "policy.test.output": {
            table: string;
            role: string;
            user: string | null;
            /** @description `all_rows`, `some_rows`, `no_rows`, `not_granted` ... */
            verdict: string;
            /**
             * Format: uint64
             * @description Rows that are seen.
             */
            sees: number;
            /**
             * Format: uint64
             * @description Rows that there are, where that can be told.
             */
            of: number | null;
            /** @description The first of those that are seen, with what is seen of them. */
            rows: {
                [key: string]: unknown;
            }[];
            /** @description Why nothing is seen. */
            refused?: string | null;
        };
        /**
         * UnmaskInput
         * @description Where an operation works.
         */
        "policy.unmask.input": {
            /** @description The table: `people`, `app.people`. */
            table: string;
            column: string;
            /** @description Who sees it as it is again. */
            role: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "policy.unmask.output": {
            /** @description `project/source` */
            at: string;
            /** @description `people.email` */
            column: string;
            role: string;
            /** @description What it sees. */
            shows: string;
        };
        /** Input */
        "policy.words.input": {
            /** @description `notes`, `app.notes` */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "policy.words.output": {
            table: string;
            /** @description A sentence each. */
            words: string[];
        };
        /** StatusInput */
        "postgresql.status.input": Record<string, never>;
        Doing: ("starting" | "running") | "off" | "broken";
        /** StatusOutput */
        "postgresql.status.output": {
            state: components["schemas"]["Doing"];
            /** @description Of the server that runs, or of the one that would be taken. */
            version?: string | null;
            /** @description Where the databases are. */
            folder?: string | null;
            /** @description The folder of its local socket. */
            socket?: string | null;
            /** @description Every version that this machine has, newest first. */
            installed: string[];
            /** @description A newer major version is installed than the one that made the databases. */
            upgrade?: string | null;
            why?: string | null;
            hint?: string | null;
        };
        /** CreateInput */
        "project.create.input": {
            /** @description Short, lower case, for URLs: `shop`. */
            project: string;
            /**
             * @description For people; the short name when absent.
             * @default null
             */
            title?: string | null;
            /**
             * @description Host names that lead to the project.
             * @default []
             */
            hosts?: string[];
            /**
             * @description It answers requests that name no project.
             * @default false
             */
            default?: boolean;
            /**
             * @description The engine of its first database; `none` leaves it without one.
             * @default sqlite
             */
            engine?: string;
        };
        ProjectSettings: {
            /**
             * @default {
             *       "schemas": [
             *         "public"
             *       ],
             *       "extra_search_path": [
             *         "public"
             *       ],
             *       "anon_role": "anon",
             *       "max_rows": null,
             *       "tx_end": "commit",
             *       "aggregates_enabled": false,
             *       "plan_enabled": false,
             *       "pre_request": null,
             *       "root_spec": null,
             *       "openapi_mode": "follow-privileges",
             *       "openapi_security_active": false,
             *       "openapi_server_proxy_uri": null,
             *       "server_timing_enabled": false,
             *       "cors_allowed_origins": null,
             *       "app_settings": {},
             *       "hoisted_tx_settings": [
             *         "statement_timeout",
             *         "plan_filter.statement_cost_limit",
             *         "default_transaction_isolation"
             *       ],
             *       "server_trace_header": null,
             *       "statement_timeout_ms": null
             *     }
             */
            rest: components["schemas"]["RestSettings"];
            /**
             * @default {
             *       "jwt_secret_is_base64": false,
             *       "jwt_aud": null,
             *       "jwt_role_claim_key": ".role",
             *       "jwt_cache_max_entries": 1000
             *     }
             */
            tokens: components["schemas"]["TokenSettings"];
            /**
             * @default {
             *       "site_url": null,
             *       "external_url": null,
             *       "uri_allow_list": null,
             *       "disable_signup": null,
             *       "anonymous_enabled": null,
             *       "email_enabled": null,
             *       "phone_enabled": null,
             *       "magic_link_enabled": null,
             *       "manual_linking_enabled": null,
             *       "mailer_autoconfirm": null,
             *       "secure_email_change_enabled": null,
             *       "mailer_otp_exp": null,
             *       "jwt_exp": null,
             *       "password_min_length": null,
             *       "mfa_totp_enabled": null,
             *       "providers": null
             *     }
             */
            auth: components["schemas"]["AuthSettings"];
        };
        /** @description The REST door, in PostgREST's words. */
        RestSettings: {
            /**
             * @description Schemas that are shown; the first one answers when a request names none.
             * @default [
             *       "public"
             *     ]
             */
            schemas: string[];
            /**
             * @description Schemas in which functions, types and operators are looked for besides.
             * @default [
             *       "public"
             *     ]
             */
            extra_search_path: string[];
            /**
             * @description The role of a request without credentials; nobody gets in without when it is absent.
             * @default anon
             */
            anon_role: string | null;
            /**
             * Format: uint64
             * @description Rows of an answer at most, at every level.
             * @default null
             */
            max_rows: number | null;
            /** @default commit */
            tx_end: components["schemas"]["TxEnd"];
            /** @default false */
            aggregates_enabled: boolean;
            /** @default false */
            plan_enabled: boolean;
            /**
             * @description A function that is called before each request: `schema.name`.
             * @default null
             */
            pre_request: string | null;
            /**
             * @description A function whose answer is the root's.
             * @default null
             */
            root_spec: string | null;
            /** @default follow-privileges */
            openapi_mode: components["schemas"]["OpenapiMode"];
            /** @default false */
            openapi_security_active: boolean;
            /** @default null */
            openapi_server_proxy_uri: string | null;
            /** @default false */
            server_timing_enabled: boolean;
            /**
             * @description Origins that browsers may ask from; all when absent.
             * @default null
             */
            cors_allowed_origins: string[] | null;
            /**
             * @description Settings that statements can read: `app.settings.name`.
             * @default {}
             */
            app_settings: {
                [key: string]: string;
            };
            /**
             * @description Settings of a role that are set for its transactions, as the database has them.
             * @default [
             *       "statement_timeout",
             *       "plan_filter.statement_cost_limit",
             *       "default_transaction_isolation"
             *     ]
             */
            hoisted_tx_settings: string[];
            /**
             * @description The header with the trace of a request, given back with the answer.
             * @default null
             */
            server_trace_header: string | null;
            /**
             * Format: uint64
             * @description Milliseconds that the engine may work on one request.
             * @default null
             */
            statement_timeout_ms: number | null;
        };
        /** @enum {string} */
        TxEnd: "commit" | "commit-allow-override" | "rollback" | "rollback-allow-override";
        /** @enum {string} */
        OpenapiMode: "follow-privileges" | "ignore-privileges" | "disabled";
        /**
         * @description How tokens of a project are verified, in PostgREST's words, for tokens that are made elsewhere.
         *     Tokens that MagAuth makes for the project are always accepted.
         */
        TokenSettings: {
            /** @description A shared secret, a JSON Web Key, or a set of them. Kept sealed, never shown. */
            jwt_secret?: string | null;
            /** @default false */
            jwt_secret_is_base64: boolean;
            /** @default null */
            jwt_aud: string | null;
            /**
             * @description Where the role is in the claims: `.role`, `.app_metadata.roles[0]`.
             * @default .role
             */
            jwt_role_claim_key: string;
            /**
             * Format: uint32
             * @description Verified tokens that are kept; 0 keeps none.
             * @default 1000
             */
            jwt_cache_max_entries: number;
        };
        /** @description What a project has of its own in the place of the board's section `[auth]`, under the same names. */
        AuthSettings: {
            /**
             * @description The app's address, to which people are sent back.
             * @default null
             */
            site_url: string | null;
            /**
             * @description Where the project is reached from outside: links in mails and the issuer of tokens begin so.
             * @default null
             */
            external_url: string | null;
            /**
             * @description Further addresses that people may be sent back to.
             * @default null
             */
            uri_allow_list: string[] | null;
            /** @default null */
            disable_signup: boolean | null;
            /** @default null */
            anonymous_enabled: boolean | null;
            /** @default null */
            email_enabled: boolean | null;
            /** @default null */
            phone_enabled: boolean | null;
            /** @default null */
            magic_link_enabled: boolean | null;
            /** @default null */
            manual_linking_enabled: boolean | null;
            /**
             * @description Addresses count as confirmed without a mail.
             * @default null
             */
            mailer_autoconfirm: boolean | null;
            /** @default null */
            secure_email_change_enabled: boolean | null;
            /**
             * Format: uint32
             * @description Seconds that a mailed link or code is good.
             * @default null
             */
            mailer_otp_exp: number | null;
            /**
             * Format: uint32
             * @description Seconds that an access token is good.
             * @default null
             */
            jwt_exp: number | null;
            /**
             * Format: uint32
             * @default null
             */
            password_min_length: number | null;
            /** @default null */
            mfa_totp_enabled: boolean | null;
            /**
             * @description Those of the board's providers that people of this project sign in with; all when absent.
             * @default null
             */
            providers: string[] | null;
        };
        /**
         * ProjectShown
         * @description All that is known of a project.
         */
        "project.create.output": {
            project: string;
            /** @description For people. */
            title: string;
            /** @description It answers requests that name none. */
            default: boolean;
            sources: string[];
            hosts: string[];
            id: string;
            settings: components["schemas"]["ProjectSettings"];
            created_at: string;
            created_by: string;
        };
        /** DeleteInput */
        "project.delete.input": {
            /** @description The project's short name. */
            project: string;
            /**
             * @description Removes the databases that MagFlock made for it as well. Databases that were connected are
             *     never touched.
             * @default false
             */
            databases?: boolean;
        };
        /**
         * Deleted
         * @description What is, or would be, gone.
         */
        "project.delete.output": {
            project: string;
            sources: string[];
            /** @description Databases that are removed with it. */
            removed: string[];
            /** @description Databases that stay where they are. */
            kept: string[];
            /** @description Nothing was done yet. */
            preview: boolean;
        };
        /** ListInput */
        "project.list.input": Record<string, never>;
        /** @description A project in one line. */
        ProjectLine: {
            project: string;
            /** @description For people. */
            title: string;
            /** @description It answers requests that name none. */
            default: boolean;
            sources: string[];
            hosts: string[];
        };
        /** ProjectList */
        "project.list.output": {
            projects: components["schemas"]["ProjectLine"][];
        };
        /** MemberInput */
        "project.member.add.input": {
            /** @description The project of the board that they work on. */
            project: string;
            /** @description Somebody of project zero: a user's id, address or name. */
            user: string;
            /**
             * @description What they may do there: `admin`, `developer`, `viewer` or another role.
             * @default developer
             */
            role?: string;
            /**
             * Format: uint32
             * @description It ends after so many days.
             */
            days?: number | null;
        };
        ProjectMember: {
            user: string;
            name: string;
            kind: string;
            email?: string | null;
            role: string;
            binding: string;
            /** Format: date-time */
            expires_at?: string | null;
        };
        /** ProjectMembers */
        "project.member.add.output": {
            project: string;
            /** @description The organization of the board that the project belongs to. */
            organization?: string | null;
            members: components["schemas"]["ProjectMember"][];
        };
        /** OneProject */
        "project.member.list.input": {
            /** @description The project of the board. */
            project: string;
        };
        /** ProjectMembers */
        "project.member.list.output": {
            project: string;
            /** @description The organization of the board that the project belongs to. */
            organization?: string | null;
            members: components["schemas"]["ProjectMember"][];
        };
        /** OneMember */
        "project.member.remove.input": {
            /** @description The project of the board. */
            project: string;
            /** @description A user's id, address or name. */
            user: string;
        };
        /** ProjectMembers */
        "project.member.remove.output": {
            project: string;
            /** @description The organization of the board that the project belongs to. */
            organization?: string | null;
            members: components["schemas"]["ProjectMember"][];
        };
        /** SetInput */
        "project.set.input": {
            /** @description The project's short name. */
            project: string;
            /** @description `title`, `hosts`, `default`, or a setting such as `rest.max_rows`, as `project:show` has them. */
            key: string;
            /**
             * @description The new value, as JSON or as plain text; without one the setting is what it was at first.
             * @default null
             */
            value?: string | null;
            /**
             * Format: password
             * @description The new value of a setting that is a secret. No log shows it.
             * @default null
             */
            secret?: string | null;
        };
        /**
         * ProjectShown
         * @description All that is known of a project.
         */
        "project.set.output": {
            project: string;
            /** @description For people. */
            title: string;
            /** @description It answers requests that name none. */
            default: boolean;
            sources: string[];
            hosts: string[];
            id: string;
            settings: components["schemas"]["ProjectSettings"];
            created_at: string;
            created_by: string;
        };
        /**
         * OneProject
         * @description Which project is meant.
         */
        "project.show.input": {
            /**
             * @description The project's short name; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * ProjectShown
         * @description All that is known of a project.
         */
        "project.show.output": {
            project: string;
            /** @description For people. */
            title: string;
            /** @description It answers requests that name none. */
            default: boolean;
            sources: string[];
            hosts: string[];
            id: string;
            settings: components["schemas"]["ProjectSettings"];
            created_at: string;
            created_by: string;
        };
        /** DeleteInput */
        "query.delete.input": {
            name: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /**
             * @description The one of this name that is shared, and not your own.
             * @default false
             */
            shared?: boolean;
        };
        /**
         * QueryRow
         * @description As it is told.
         */
        "query.delete.output": {
            name: string;
            sql: string;
            project: string;
            /** @description Whether everybody of the project finds it. */
            shared: boolean;
            /** @description Whether the caller saved it. */
            mine: boolean;
            by: string;
            /** Format: date-time */
            at: string;
        };
        /** ListInput */
        "query.list.input": {
            /** @description The project; the default one when absent. */
            project?: string | null;
        };
        /** @description As it is told. */
        QueryRow: {
            name: string;
            sql: string;
            project: string;
            /** @description Whether everybody of the project finds it. */
            shared: boolean;
            /** @description Whether the caller saved it. */
            mine: boolean;
            by: string;
            /** Format: date-time */
            at: string;
        };
        /** ListOutput */
        "query.list.output": {
            /** @description By name. */
            queries: components["schemas"]["QueryRow"][];
        };
        /** SaveInput */
        "query.save.input": {
            /** @description What it is called; one of this name that you saved before is replaced. */
            name: string;
            sql: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /**
             * @description Everybody who may ask in this project finds it.
             * @default false
             */
            shared?: boolean;
        };
        /**
         * QueryRow
         * @description As it is told.
         */
        "query.save.output": {
            name: string;
            sql: string;
            project: string;
            /** @description Whether everybody of the project finds it. */
            shared: boolean;
            /** @description Whether the caller saved it. */
            mine: boolean;
            by: string;
            /** Format: date-time */
            at: string;
        };
        /**
         * BudgetInput
         * @description Where an operation works.
         */
        "role.budget.input": {
            role: string;
            /**
             * Format: uint64
             * @description Rows of an answer, at each level.
             */
            rows_max?: number | null;
            /**
             * Format: uint32
             * @description Relations inside each other.
             */
            depth_max?: number | null;
            /**
             * Format: uint64
             * @description Tables read, those of policies included.
             */
            cost_max?: number | null;
            /**
             * Format: uint64
             * @description Milliseconds that the engine may work on one call.
             */
            time_max_ms?: number | null;
            /**
             * @description Takes all bounds away that are not named.
             * @default false
             */
            clear?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Row */
        "role.budget.output": {
            name: string;
            inherits: string[];
            /** @description No policy and no right is asked for. */
            bypass: boolean;
            /** Format: uint64 */
            rows_max: number | null;
            /** Format: uint32 */
            depth_max: number | null;
            /** Format: uint64 */
            cost_max: number | null;
            /** Format: uint64 */
            time_max_ms: number | null;
        };
        /**
         * CreateInput
         * @description Where an operation works.
         */
        "role.create.input": {
            name: string;
            /** @description Has the rights and policies of this role as well, several times for several. */
            inherits?: string[];
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "role.create.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * DropInput
         * @description Where an operation works.
         */
        "role.drop.input": {
            name: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /**
         * Changed
         * @description What a change of rules answers.
         */
        "role.drop.output": {
            /** @description `project/source` */
            at: string;
            /** @description As PostgreSQL says it. */
            statements: string[];
            /** @description Whether the engine holds it, or it is kept beside it. */
            held_by: string;
            /** @description What the advisors say of the table now. */
            hints?: string[];
        };
        /**
         * ListInput
         * @description Where an operation works.
         */
        "role.list.input": {
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        Row_3: {
            name: string;
            inherits: string[];
            /** @description No policy and no right is asked for. */
            bypass: boolean;
            /** Format: uint64 */
            rows_max: number | null;
            /** Format: uint32 */
            depth_max: number | null;
            /** Format: uint64 */
            cost_max: number | null;
            /** Format: uint64 */
            time_max_ms: number | null;
        };
        /** Answer */
        "role.list.output": {
            /** @description `project/source` */
            at: string;
            roles: components["schemas"]["Row_3"][];
        };
        /**
         * DeleteInput
         * @description Where an operation looks.
         */
        "rows.delete.input": {
            /** @description The table: `people`, `app.people`. */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
            /** @description The role as which it is asked: what its policies hide stays hidden. Without one, nothing is. */
            role?: string | null;
            /** @description The id of the user as whom it is asked (`auth.uid()`), with a role. */
            user?: string | null;
            /** @description Conditions that all hold: `id = 3`. */
            where: string[];
            /**
             * Format: uint64
             * @description When more rows than this would go, none does.
             * @default 1
             */
            most?: number;
        };
        /** Written */
        "rows.delete.output": {
            /**
             * Format: uint64
             * @description How many rows were touched; in a preview, how many would be.
             */
            touched: number;
            /** @description The rows as they are now. */
            rows: {
                [key: string]: unknown;
            }[];
            /** @description The rows as they were. */
            before?: {
                [key: string]: unknown;
            }[];
        };
        /**
         * InsertInput
         * @description Where an operation looks.
         */
        "rows.insert.input": {
            /** @description The table: `people`, `app.people`. */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
            /** @description The role as which it is asked: what its policies hide stays hidden. Without one, nothing is. */
            role?: string | null;
            /** @description The id of the user as whom it is asked (`auth.uid()`), with a role. */
            user?: string | null;
            /** @description The rows, as objects. What a row leaves out gets the column's default. */
            rows: {
                [key: string]: unknown;
            }[];
        };
        /** Written */
        "rows.insert.output": {
            /**
             * Format: uint64
             * @description How many rows were touched; in a preview, how many would be.
             */
            touched: number;
            /** @description The rows as they are now. */
            rows: {
                [key: string]: unknown;
            }[];
            /** @description The rows as they were. */
            before?: {
                [key: string]: unknown;
            }[];
        };
        Count: "exact" | "planned" | "estimated";
        /**
         * Input
         * @description Where an operation looks.
         */
        "rows.read.input": {
            /** @description The table: `people`, `app.people`. */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
            /** @description The role as which it is asked: what its policies hide stays hidden. Without one, nothing is. */
            role?: string | null;
            /** @description The id of the user as whom it is asked (`auth.uid()`), with a role. */
            user?: string | null;
            /** @description Columns; all of them when absent. */
            columns?: string[];
            /** @description Conditions that all hold: `age >= 18`, `name like A%`, `gone is null`. */
            where?: string[];
            /** @description Columns to sort by; `-age` sorts downwards. */
            order?: string[];
            /**
             * Format: uint64
             * @description Rows at most.
             * @default 100
             */
            limit?: number;
            /**
             * Format: uint64
             * @description Rows to leave out first.
             * @default 0
             */
            offset?: number;
            /** @description Also tell how many rows there are. */
            count?: components["schemas"]["Count"] | null;
        };
        /** Page */
        "rows.read.output": {
            rows: {
                [key: string]: unknown;
            }[];
            /**
             * Format: uint64
             * @description How many there are without a limit, when it was asked.
             */
            count?: number | null;
            /** @description Whether there are more behind these. */
            more: boolean;
        };
        /**
         * UpdateInput
         * @description Where an operation looks.
         */
        "rows.update.input": {
            /** @description The table: `people`, `app.people`. */
            table: string;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
            /** @description The role as which it is asked: what its policies hide stays hidden. Without one, nothing is. */
            role?: string | null;
            /** @description The id of the user as whom it is asked (`auth.uid()`), with a role. */
            user?: string | null;
            /** @description Conditions that all hold: `id = 3`. */
            where: string[];
            /** @description The new values, by column. */
            set: {
                [key: string]: unknown;
            };
            /**
             * Format: uint64
             * @description When more rows than this would change, none does.
             * @default 1
             */
            most?: number;
        };
        /** Written */
        "rows.update.output": {
            /**
             * Format: uint64
             * @description How many rows were touched; in a preview, how many would be.
             */
            touched: number;
            /** @description The rows as they are now. */
            rows: {
                [key: string]: unknown;
            }[];
            /** @description The rows as they were. */
            before?: {
                [key: string]: unknown;
            }[];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "schema.diff.input": {
            /**
             * Format: script-path
             * @description Where it begins: `migrations`, the name of a source, or a script that ends with .sql;
             *     `migrations` when absent.
             */
            from?: string | null;
            /**
             * Format: script-path
             * @description Where it leads; the source as it is when absent.
             */
            to?: string | null;
            /** @description Writes the difference into a new migration of this name. */
            name?: string | null;
            /**
             * Format: path
             * @description The folder of migrations.
             */
            folder?: string | null;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "schema.diff.output": {
            from: string;
            to: string;
            same: boolean;
            /** @description What leads from one to the other. */
            up: string;
            /** @description And back. */
            down: string;
            /** @description What would be destroyed. */
            dangers?: string[];
            /** @description What differs and has no statement. */
            notes?: string[];
            /** @description The migration that was written. */
            migration?: string | null;
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "schema.dump.input": {
            /**
             * @description Leaves out who may do what: roles, rights, policies.
             * @default false
             */
            without_rules?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** Answer */
        "schema.dump.output": {
            /** @description A migration of it would make the same. */
            sql: string;
        };
        /** @enum {string} */
        FailOn: "error" | "warning" | "info" | "never";
        /**
         * Input
         * @description Where an operation works.
         */
        "schema.lint.input": {
            /** @description Only this advisor, several times for several. */
            only?: string[];
            /** @description Without this advisor, several times for several. */
            without?: string[];
            /**
             * @description From this level on it is not good, and the command ends with code 8.
             * @default error
             */
            fail_on?: components["schemas"]["FailOn"];
            /**
             * @description MagFlock's own tables as well.
             * @default false
             */
            all?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        FindingRow: {
            level: string;
            advisor: string;
            object: string;
            /** @description What it is here. */
            detail: string;
            why: string;
            /** @description SQL that mends it. */
            remedy: string | null;
            docs: string;
        };
        /** Answer */
        "schema.lint.output": {
            /** @description `project/source` */
            at: string;
            good: boolean;
            /** Format: uint */
            errors: number;
            /** Format: uint */
            warnings: number;
            /** Format: uint */
            infos: number;
            /**
             * Format: uint
             * @description Advisors that were asked.
             */
            asked: number;
            findings: components["schemas"]["FindingRow"][];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "schema.seed.input": {
            /**
             * Format: path
             * @description A script, or a folder of them; the scripts in `seeds/<project>/<source>` when absent.
             */
            file?: string | null;
            /** @description The script itself. */
            sql?: string | null;
            /** @description Says yes to one destructive step: `delete_all people`. Each needs its own. */
            consent?: string[];
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        ScriptRow: {
            script: string;
            /** Format: uint */
            statements: number;
            /** Format: uint64 */
            took_ms: number;
        };
        /** Answer */
        "schema.seed.output": {
            /** @description `project/source` */
            at: string;
            scripts: components["schemas"]["ScriptRow"][];
        };
        /**
         * Input
         * @description Where an operation works.
         */
        "schema.show.input": {
            /** @description One table: `notes`, `app.notes`; all of them when absent. */
            table?: string | null;
            /**
             * @description MagFlock's own tables as well.
             * @default false
             */
            all?: boolean;
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        TableRow: {
            schema: string;
            name: string;
            /** @description `table`, `view` ... */
            kind: string;
            /** Format: uint */
            columns: number;
            /** Format: uint64 */
            rows_estimate: number | null;
            /** Format: uint64 */
            size_bytes: number | null;
            /** Format: uint */
            policies: number;
            comment: string | null;
        };
        ColumnRow: {
            name: string;
            type: string;
            /** @description It may be empty. */
            nullable: boolean;
            default: string | null;
            generated: string | null;
            comment: string | null;
        };
        KeyRow_2: {
            /** @description `primary`, `unique`, `foreign`, `check` */
            kind: string;
            name: string;
            columns: string[];
            /** @description Where a foreign key points, or what a check says. */
            says: string | null;
        };
        IndexRow: {
            name: string;
            columns: string[];
            unique: boolean;
            /** Format: uint64 */
            size_bytes: number | null;
            /** Format: uint64 */
            used: number | null;
        };
        /** Answer */
        "schema.show.output": {
            /** @description `project/source` */
            at: string;
            engine: string;
            tables?: components["schemas"]["TableRow"][] | null;
            table?: components["schemas"]["TableRow"] | null;
            columns?: components["schemas"]["ColumnRow"][];
            keys?: components["schemas"]["KeyRow_2"][];
            indexes?: components["schemas"]["IndexRow"][];
            policies?: string[];
        };
        /** ListInput */
        "signing.list.input": {
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        SigningKeyRow: {
            kid: string;
            algorithm: string;
            /** @description `current` signs, `previous` only verifies, `revoked` does neither. */
            status: string;
            /** Format: date-time */
            created_at: string;
        };
        /** SigningKeys */
        "signing.list.output": {
            keys: components["schemas"]["SigningKeyRow"][];
        };
        /** RevokeInput */
        "signing.revoke.input": {
            /** @description The key, as `mobo signing:list` shows it. */
            kid: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Revoked */
        "signing.revoke.output": {
            kid: string;
        };
        /** RotateInput */
        "signing.rotate.input": {
            /**
             * @description `ES256`, `ES384` or `EdDSA`.
             * @default ES256
             */
            algorithm?: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Rotated */
        "signing.rotate.output": {
            kid: string;
            algorithm: string;
        };
        /** ConnectInput */
        "source.connect.input": {
            /** @description Its name in the project. */
            source: string;
            /**
             * Format: password
             * @description Where the database is: `postgres://user:password@host:5432/database?sslmode=verify-full`, or
             *     the whole path of a SQLite file.
             */
            address: string;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
            /**
             * @description Rows may be written through MagFlock. Without it the database is only read.
             * @default false
             */
            writable?: boolean;
            /**
             * @description MagFlock installs its roles, functions and base model into the database and keeps them up to
             *     date. Without it nothing of MagFlock is written into it, ever.
             * @default false
             */
            install?: boolean;
            /**
             * @description Its tables need no prefix. The first source of a project is primary in any case.
             * @default false
             */
            primary?: boolean;
            /**
             * Format: uint32
             * @description Connections at most.
             * @default null
             */
            connections_max?: number | null;
            /**
             * @description Addresses of servers that follow it, for reads.
             * @default []
             */
            replicas?: string[];
            /**
             * Format: password
             * @description The address past a pooler, for what lasts longer than a transaction.
             * @default null
             */
            direct?: string | null;
        };
        /** @description How full a pool of connections is. */
        PoolState: {
            /** Format: uint64 */
            connections_max: number;
            /** Format: uint64 */
            in_use: number;
            /** Format: uint64 */
            idle: number;
            /** Format: uint64 */
            waiting: number;
        };
        /** @description Since the source was connected in this run of the board. */
        Counts: {
            /** Format: uint64 */
            reads: number;
            /** Format: uint64 */
            writes: number;
            /** Format: uint64 */
            rows: number;
            /** Format: uint64 */
            failures: number;
            /**
             * Format: uint64
             * @description Microseconds that a call took on average, within the engine.
             */
            mean_us: number;
        };
        /**
         * SourceShown
         * @description All that is known of a source without asking its engine.
         */
        "source.connect.output": {
            source: string;
            project: string;
            engine: string;
            /** @description `connected`, `opening` or `unreachable` */
            state: string;
            /** @description Its tables need no prefix. */
            primary: boolean;
            /** @description MagFlock made it and keeps its structure. */
            managed: boolean;
            writable: boolean;
            /** @description Where it is, without user and password. */
            place: string;
            why?: string | null;
            id: string;
            /** @description The engine's own. */
            version?: string | null;
            /** @description What the engine can do by itself. */
            abilities: string[];
            /** Format: uint64 */
            tables?: number | null;
            /**
             * Format: uint64
             * @description Grows with each change of the structure that was seen.
             */
            structure_version?: number | null;
            /** @description Who holds row policies: `engine` or `guard`. */
            policies_held_by?: string | null;
            /** @description Policies that cannot be read; their tables are closed. */
            policy_problems: string[];
            pool?: components["schemas"]["PoolState"] | null;
            calls: components["schemas"]["Counts"];
            /**
             * Format: date-time
             * @description Since when it cannot be reached.
             */
            unreachable_since?: string | null;
            /** Format: uint32 */
            connections_max?: number | null;
            /** Format: uint64 */
            slow_ms: number;
            created_at: string;
            created_by: string;
        };
        /** CreateInput */
        "source.create.input": {
            /** @description Its name in the project: `main`. */
            source: string;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
            /**
             * @description `sqlite` makes a file in the data folder, `postgres` a database in the local PostgreSQL.
             * @default sqlite
             */
            engine?: string;
            /**
             * @description Its tables need no prefix. The first source of a project is primary in any case.
             * @default false
             */
            primary?: boolean;
        };
        /**
         * SourceShown
         * @description All that is known of a source without asking its engine.
         */
        "source.create.output": {
            source: string;
            project: string;
            engine: string;
            /** @description `connected`, `opening` or `unreachable` */
            state: string;
            /** @description Its tables need no prefix. */
            primary: boolean;
            /** @description MagFlock made it and keeps its structure. */
            managed: boolean;
            writable: boolean;
            /** @description Where it is, without user and password. */
            place: string;
            why?: string | null;
            id: string;
            /** @description The engine's own. */
            version?: string | null;
            /** @description What the engine can do by itself. */
            abilities: string[];
            /** Format: uint64 */
            tables?: number | null;
            /**
             * Format: uint64
             * @description Grows with each change of the structure that was seen.
             */
            structure_version?: number | null;
            /** @description Who holds row policies: `engine` or `guard`. */
            policies_held_by?: string | null;
            /** @description Policies that cannot be read; their tables are closed. */
            policy_problems: string[];
            pool?: components["schemas"]["PoolState"] | null;
            calls: components["schemas"]["Counts"];
            /**
             * Format: date-time
             * @description Since when it cannot be reached.
             */
            unreachable_since?: string | null;
            /** Format: uint32 */
            connections_max?: number | null;
            /** Format: uint64 */
            slow_ms: number;
            created_at: string;
            created_by: string;
        };
        /**
         * LeavingInput
         * @description Which source goes. Its name is said: none goes by default.
         */
        "source.delete.input": {
            /** @description The source. */
            source: string;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * Left
         * @description What has, or would have, become of a source.
         */
        "source.delete.output": {
            source: string;
            project: string;
            place: string;
            /** @description Whether the database is gone as well. */
            removed: boolean;
            /** @description Nothing was done yet. */
            preview: boolean;
        };
        /**
         * LeavingInput
         * @description Which source goes. Its name is said: none goes by default.
         */
        "source.detach.input": {
            /** @description The source. */
            source: string;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * Left
         * @description What has, or would have, become of a source.
         */
        "source.detach.output": {
            source: string;
            project: string;
            place: string;
            /** @description Whether the database is gone as well. */
            removed: boolean;
            /** @description Nothing was done yet. */
            preview: boolean;
        };
        /** ExtendInput */
        "source.extend.input": {
            /** @description The source. */
            source: string;
            /** @description What it is extended with: `pg_trgm`, as `source:extensions` lists them. */
            extension: string;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * Extension
         * @description What an engine can be extended with.
         */
        "source.extend.output": {
            name: string;
            /** @description Absent when it is available and not enabled. */
            installed?: string | null;
            newest?: string | null;
            schema?: string | null;
            comment?: string | null;
        };
        /**
         * OneSource
         * @description Which source is meant.
         */
        "source.extensions.input": {
            /**
             * @description The source; the project's primary one when absent.
             * @default null
             */
            source?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /** @description What an engine can be extended with. */
        Extension: {
            name: string;
            /** @description Absent when it is available and not enabled. */
            installed?: string | null;
            newest?: string | null;
            schema?: string | null;
            comment?: string | null;
        };
        /** ExtensionList */
        "source.extensions.output": {
            /** @description Those that are enabled first. */
            extensions: components["schemas"]["Extension"][];
            /** @description What MagFlock knows how to use, and this server does not have. */
            absent: string[];
        };
        /**
         * OneSource
         * @description Which source is meant.
         */
        "source.inspect.input": {
            /**
             * @description The source; the project's primary one when absent.
             * @default null
             */
            source?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        Survey: {
            /**
             * Format: uint64
             * @description All that it takes on the disk.
             */
            bytes?: number | null;
            /** @description The largest first. */
            tables: components["schemas"]["TableSurvey"][];
            /** @description Indexes, with how often each was used. */
            indexes: components["schemas"]["IndexSurvey"][];
            /**
             * Format: double
             * @description Reads that were answered from memory, from 0 to 1.
             */
            cache_hit_ratio?: number | null;
            connections?: components["schemas"]["Connections"] | null;
            /** @description What runs right now, the longest first. */
            running: components["schemas"]["RunningStatement"][];
            /** @description What took the most time altogether, where the engine counts (`pg_stat_statements`). */
            costly: components["schemas"]["CostlyStatement"][];
            /** @description How the pages of a file are used. */
            file?: components["schemas"]["FilePages"] | null;
        };
        TableSurvey: {
            schema: string;
            name: string;
            /** Format: uint64 */
            rows_estimate?: number | null;
            /**
             * Format: uint64
             * @description Without its indexes.
             */
            bytes?: number | null;
            /** Format: uint64 */
            index_bytes?: number | null;
            /**
             * Format: uint64
             * @description Versions of rows that nobody can see any more: what is not yet swept is bloat.
             */
            dead_rows?: number | null;
            /**
             * Format: double
             * @description About how much of the table is empty, from 0 to 1.
             */
            bloat_ratio?: number | null;
            /**
             * Format: uint64
             * @description Reads of the whole table, and by an index.
             */
            whole_reads?: number | null;
            /** Format: uint64 */
            index_reads?: number | null;
            /** @description An index is likely missing: it is large and mostly read whole, or a foreign key has none. */
            missing_index?: string | null;
        };
        IndexSurvey: {
            schema: string;
            table: string;
            name: string;
            /** Format: uint64 */
            bytes?: number | null;
            /** Format: uint64 */
            reads?: number | null;
            /** @description Nobody has read it since the engine counts, and no key needs it. */
            unused: boolean;
        };
        Connections: {
            /** Format: uint64 */
            open: number;
            /** Format: uint64 */
            active: number;
            /** Format: uint64 */
            idle: number;
            /**
             * Format: uint64
             * @description Inside of a transaction and doing nothing: they hold up others.
             */
            idle_in_transaction: number;
            /** Format: uint64 */
            max: number;
        };
        RunningStatement: {
            /** Format: uint64 */
            for_ms: number;
            state: string;
            /** @description Whom it waits for. */
            waits_for?: string | null;
            application: string;
            /** @description Only its first words: they hold no value. */
            begins: string;
        };
        CostlyStatement: {
            /** @description With its values taken out. */
            statement: string;
            /** Format: uint64 */
            calls: number;
            /** Format: double */
            total_ms: number;
            /** Format: double */
            mean_ms: number;
            /** Format: uint64 */
            rows: number;
        };
        FilePages: {
            /** Format: uint64 */
            page_size: number;
            /** Format: uint64 */
            pages: number;
            /**
             * Format: uint64
             * @description Empty ones that the file keeps for later.
             */
            free_pages: number;
            journal_mode: string;
            /**
             * Format: uint64
             * @description What waits in the write-ahead log to be brought home.
             */
            wal_bytes: number;
            encoding: string;
        };
        /** Inspected */
        "source.inspect.output": {
            source: string;
            project: string;
            engine: string;
            version: string;
            /** Format: uint64 */
            tables_known: number;
            /** @description What an operator should know first. */
            findings: string[];
            survey: components["schemas"]["Survey"];
            pool?: components["schemas"]["PoolState"] | null;
            calls: components["schemas"]["Counts"];
            /**
             * Format: uint64
             * @description Bytes of memory that its structure takes.
             */
            structure_bytes: number;
        };
        /** ListInput */
        "source.list.input": {
            /**
             * @description Only of this project.
             * @default null
             */
            project?: string | null;
        };
        /** @description A source in one line. */
        SourceLine: {
            source: string;
            project: string;
            engine: string;
            /** @description `connected`, `opening` or `unreachable` */
            state: string;
            /** @description Its tables need no prefix. */
            primary: boolean;
            /** @description MagFlock made it and keeps its structure. */
            managed: boolean;
            writable: boolean;
            /** @description Where it is, without user and password. */
            place: string;
            why?: string | null;
        };
        /** SourceList */
        "source.list.output": {
            sources: components["schemas"]["SourceLine"][];
        };
        /**
         * OneSource
         * @description Which source is meant.
         */
        "source.refresh.input": {
            /**
             * @description The source; the project's primary one when absent.
             * @default null
             */
            source?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * SourceShown
         * @description All that is known of a source without asking its engine.
         */
        "source.refresh.output": {
            source: string;
            project: string;
            engine: string;
            /** @description `connected`, `opening` or `unreachable` */
            state: string;
            /** @description Its tables need no prefix. */
            primary: boolean;
            /** @description MagFlock made it and keeps its structure. */
            managed: boolean;
            writable: boolean;
            /** @description Where it is, without user and password. */
            place: string;
            why?: string | null;
            id: string;
            /** @description The engine's own. */
            version?: string | null;
            /** @description What the engine can do by itself. */
            abilities: string[];
            /** Format: uint64 */
            tables?: number | null;
            /**
             * Format: uint64
             * @description Grows with each change of the structure that was seen.
             */
            structure_version?: number | null;
            /** @description Who holds row policies: `engine` or `guard`. */
            policies_held_by?: string | null;
            /** @description Policies that cannot be read; their tables are closed. */
            policy_problems: string[];
            pool?: components["schemas"]["PoolState"] | null;
            calls: components["schemas"]["Counts"];
            /**
             * Format: date-time
             * @description Since when it cannot be reached.
             */
            unreachable_since?: string | null;
            /** Format: uint32 */
            connections_max?: number | null;
            /** Format: uint64 */
            slow_ms: number;
            created_at: string;
            created_by: string;
        };
        /** SetInput */
        "source.set.input": {
            /** @description The source. */
            source: string;
            /** @description `writable`, `primary`, `connections_max` or `slow_ms` */
            key: string;
            /**
             * @description The new value; without one the term is the board's own again.
             * @default null
             */
            value?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * SourceShown
         * @description All that is known of a source without asking its engine.
         */
        "source.set.output": {
            source: string;
            project: string;
            engine: string;
            /** @description `connected`, `opening` or `unreachable` */
            state: string;
            /** @description Its tables need no prefix. */
            primary: boolean;
            /** @description MagFlock made it and keeps its structure. */
            managed: boolean;
            writable: boolean;
            /** @description Where it is, without user and password. */
            place: string;
            why?: string | null;
            id: string;
            /** @description The engine's own. */
            version?: string | null;
            /** @description What the engine can do by itself. */
            abilities: string[];
            /** Format: uint64 */
            tables?: number | null;
            /**
             * Format: uint64
             * @description Grows with each change of the structure that was seen.
             */
            structure_version?: number | null;
            /** @description Who holds row policies: `engine` or `guard`. */
            policies_held_by?: string | null;
            /** @description Policies that cannot be read; their tables are closed. */
            policy_problems: string[];
            pool?: components["schemas"]["PoolState"] | null;
            calls: components["schemas"]["Counts"];
            /**
             * Format: date-time
             * @description Since when it cannot be reached.
             */
            unreachable_since?: string | null;
            /** Format: uint32 */
            connections_max?: number | null;
            /** Format: uint64 */
            slow_ms: number;
            created_at: string;
            created_by: string;
        };
        /**
         * OneSource
         * @description Which source is meant.
         */
        "source.show.input": {
            /**
             * @description The source; the project's primary one when absent.
             * @default null
             */
            source?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        /**
         * SourceShown
         * @description All that is known of a source without asking its engine.
         */
        "source.show.output": {
            source: string;
            project: string;
            engine: string;
            /** @description `connected`, `opening` or `unreachable` */
            state: string;
            /** @description Its tables need no prefix. */
            primary: boolean;
            /** @description MagFlock made it and keeps its structure. */
            managed: boolean;
            writable: boolean;
            /** @description Where it is, without user and password. */
            place: string;
            why?: string | null;
            id: string;
            /** @description The engine's own. */
            version?: string | null;
            /** @description What the engine can do by itself. */
            abilities: string[];
            /** Format: uint64 */
            tables?: number | null;
            /**
             * Format: uint64
             * @description Grows with each change of the structure that was seen.
             */
            structure_version?: number | null;
            /** @description Who holds row policies: `engine` or `guard`. */
            policies_held_by?: string | null;
            /** @description Policies that cannot be read; their tables are closed. */
            policy_problems: string[];
            pool?: components["schemas"]["PoolState"] | null;
            calls: components["schemas"]["Counts"];
            /**
             * Format: date-time
             * @description Since when it cannot be reached.
             */
            unreachable_since?: string | null;
            /** Format: uint32 */
            connections_max?: number | null;
            /** Format: uint64 */
            slow_ms: number;
            created_at: string;
            created_by: string;
        };
        /**
         * OneSource
         * @description Which source is meant.
         */
        "source.slow.input": {
            /**
             * @description The source; the project's primary one when absent.
             * @default null
             */
            source?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
        };
        SlowCall: {
            /** Format: date-time */
            at: string;
            /** Format: uint64 */
            took_ms: number;
            /** @description `read` or `write` */
            kind: string;
            /** @description What was read or written first, by name. */
            tables: string[];
            /** @description What was asked, with `?` where a value stood. */
            shape: string;
            role: string;
            actor: string;
            /** Format: uint64 */
            rows: number;
            /** @description The code of the error, when it failed. */
            error?: string | null;
        };
        /** SlowList */
        "source.slow.output": {
            /**
             * Format: uint64
             * @description Calls that took longer are kept; `source:set` changes it.
             */
            threshold_ms: number;
            /** @description The newest first. */
            calls: components["schemas"]["SlowCall"][];
        };
        /** TestInput */
        "source.test.input": {
            /**
             * @description The source; the project's primary one when absent.
             * @default null
             */
            source?: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project?: string | null;
            /**
             * Format: password
             * @description An address that is not connected yet, to be tried without keeping it.
             * @default null
             */
            address?: string | null;
        };
        /** Tested */
        "source.test.output": {
            engine: string;
            version: string;
            place: string;
            /**
             * Format: uint64
             * @description From the first byte to the answer, over a new connection.
             */
            took_ms: number;
            /** Format: uint64 */
            tables: number;
        };
        Format: ("table" | "csv") | "json";
        /**
         * Input
         * @description Where an operation works.
         */
        "sql.run.input": {
            /** @description The statement. */
            sql: string;
            /**
             * @description A value for `$1` (`?1` on SQLite), several times for `$2` and so on. A number is a number,
             *     `null` is NULL, everything else is a text; `"5"` in quotes is a text as well.
             */
            param?: string[];
            /**
             * @description It may change rows and structure.
             * @default false
             */
            write?: boolean;
            /**
             * @description More than one statement, all in one transaction.
             * @default false
             */
            script?: boolean;
            /** @description Runs as this role, where the engine has roles. */
            role?: string | null;
            /** @description The id of the user that `auth.uid()` gives. */
            user?: string | null;
            /** @description Claims of the token, as a JSON object. */
            claims?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description Shows how it would be run instead.
             * @default false
             */
            explain?: boolean;
            /**
             * @description Shows how it was run, with times.
             * @default false
             */
            analyze?: boolean;
            /**
             * Format: uint64
             * @description Rows to show at most.
             */
            rows?: number | null;
            /**
             * Format: double
             * @description Seconds that it may take.
             */
            timeout?: number | null;
            /** @default table */
            format?: components["schemas"]["Format"];
            /** @description Says yes to one destructive step: `drop_table people`. Each needs its own. */
            consent?: string[];
            /** @description The project; the default one when absent. */
            project?: string | null;
            /** @description The source of the project; its primary one when absent. */
            source?: string | null;
        };
        /** @description What one statement answers. */
        Set: {
            columns: components["schemas"]["ColumnRow_2"][];
            rows?: unknown[][];
            /** @description The rows as objects, when that was asked. */
            objects?: {
                [key: string]: unknown;
            }[];
            /** Format: uint */
            count: number;
            /** @description There are more than are shown. */
            more: boolean;
            /**
             * Format: uint64
             * @description Rows that the statement has changed.
             */
            affected?: number | null;
        };
        ColumnRow_2: {
            name: string;
            type: string;
        };
        /** Answer */
        "sql.run.output": {
            /** @description `project/source` */
            at: string;
            /** Format: uint */
            statements: number;
            /** Format: uint64 */
            took_ms: number;
            answers: components["schemas"]["Set"][];
            /** @description How it is run, when that was asked. */
            plan?: string[] | null;
            /** @description The rows as CSV, when that was asked. */
            csv?: string | null;
        };
        /** CreateInput */
        "team.create.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description Its short name: `sales`. */
            team: string;
            /** @description What people read; the short name when nothing is said. */
            name?: string | null;
            description?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        TeamMember: {
            user: string;
            name: string;
            kind: string;
        };
        /** TeamRow */
        "team.create.output": {
            id: string;
            /** @description Its short name. */
            team: string;
            name: string;
            description?: string | null;
            members: components["schemas"]["TeamMember"][];
        };
        /** OneTeam */
        "team.delete.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description Its short name or its id. */
            team: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        TeamRow: {
            id: string;
            /** @description Its short name. */
            team: string;
            name: string;
            description?: string | null;
            members: components["schemas"]["TeamMember"][];
        };
        /** TeamDeleted */
        "team.delete.output": {
            team: components["schemas"]["TeamRow"];
            /** @description Whether it was done, and not only looked at. */
            done: boolean;
        };
        /** ListInput */
        "team.list.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** TeamList */
        "team.list.output": {
            teams: components["schemas"]["TeamRow"][];
        };
        /** OneMember */
        "team.member.add.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The team's short name or id. */
            team: string;
            /** @description A member of the organization: a user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** TeamRow */
        "team.member.add.output": {
            id: string;
            /** @description Its short name. */
            team: string;
            name: string;
            description?: string | null;
            members: components["schemas"]["TeamMember"][];
        };
        /** OneMember */
        "team.member.remove.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description The team's short name or id. */
            team: string;
            /** @description A member of the organization: a user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** TeamRow */
        "team.member.remove.output": {
            id: string;
            /** @description Its short name. */
            team: string;
            name: string;
            description?: string | null;
            members: components["schemas"]["TeamMember"][];
        };
        /** UpdateInput */
        "team.update.input": {
            /** @description The organization's short name or id. */
            organization: string;
            /** @description Its short name or its id. */
            team: string;
            name?: string | null;
            description?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** TeamRow */
        "team.update.output": {
            id: string;
            /** @description Its short name. */
            team: string;
            name: string;
            description?: string | null;
            members: components["schemas"]["TeamMember"][];
        };
        /** BanInput */
        "user.ban.input": {
            /** @description The user's id, address or name. */
            user: string;
            /**
             * @description How long: `24h`, `30d`; `none` lifts the ban.
             * @default 36500d
             */
            lasts?: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Banned */
        "user.ban.output": {
            id: string;
            /** Format: date-time */
            until?: string | null;
            /** Format: uint */
            ended_sessions: number;
        };
        /** CreateInput */
        "user.create.input": {
            /** @description The address of a person. */
            email?: string | null;
            /** @description What it is called; a service account needs a name. */
            name?: string | null;
            /**
             * @description `human` or `service_account`; an agent is made by `agent:create`.
             * @default human
             */
            kind?: string;
            /**
             * Format: password
             * @description The password of a person; without one they choose it by a mail.
             */
            password?: string | null;
            /** @description The role that its requests have; `authenticated` when nothing is said. */
            role?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Created */
        "user.create.output": {
            id: string;
            kind: string;
            name: string;
            /** @description The key of a service account: it is not shown again. */
            key?: string | null;
        };
        /** OneUser */
        "user.delete.input": {
            /** @description The user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Deleted */
        "user.delete.output": {
            id: string;
            name: string;
            /** Format: uint */
            ended_sessions: number;
            /** @description Whether it was done, and not only looked at. */
            done: boolean;
        };
        /** ExportInput */
        "user.export.input": {
            /**
             * @description With the hashes of their passwords: whoever has the file can try to guess them.
             * @default false
             */
            hashes?: boolean;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 1000
             */
            limit?: number;
            /**
             * Format: uint32
             * @default 0
             */
            offset?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Exported */
        "user.export.output": {
            /** @description As rows of `auth.users`, which `user:import supabase` reads. */
            users: unknown[];
            /**
             * Format: uint64
             * @description How many there are without a limit.
             */
            total: number;
        };
        /** ImpersonateInput */
        "user.impersonate.input": {
            /** @description As whom: a user's id, address or name. */
            user: string;
            /** @description Why, for those who read the audit log. */
            why: string;
            /**
             * Format: uint32
             * @description For so many minutes, an hour at most.
             * @default 15
             */
            minutes?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Acting */
        "user.impersonate.output": {
            user: string;
            session: string;
            /** @description A token of this user, which says who really acts. Nothing refreshes it. */
            access_token: string;
            /** Format: date-time */
            expires_at: string;
        };
        /** ImportInput */
        "user.import.input": {
            /** @description `supabase`, `auth0`, `firebase` or `csv`. */
            format: string;
            /** @description The file, by its whole path on the board's machine; only from its own command line. */
            file?: string | null;
            /** @description What is in the file, when it is not named. */
            text?: string | null;
            /**
             * Format: password
             * @description Firebase's password hash parameter `base64_signer_key`.
             */
            signer_key?: string | null;
            /**
             * @description Firebase's `base64_salt_separator`.
             * @default Bw==
             */
            salt_separator?: string;
            /**
             * Format: uint32
             * @description Firebase's `rounds`.
             * @default 8
             */
            rounds?: number;
            /**
             * Format: uint32
             * @description Firebase's `mem_cost`.
             * @default 14
             */
            mem_cost?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** @description What became of one line. */
        Line_2: {
            /** Format: uint */
            line: number;
            /** @description Who it is about, when that can be read. */
            name?: string | null;
            /** @description `new`, `present` or `refused`. */
            result: string;
            why?: string | null;
        };
        /** Imported */
        "user.import.output": {
            /**
             * Format: uint
             * @description People who were not here before.
             */
            new: number;
            /**
             * Format: uint
             * @description People who are here already, by id, address or number: they stay as they are.
             */
            present: number;
            /** Format: uint */
            refused: number;
            /**
             * Format: uint
             * @description Of the new ones, those who have to choose a new password.
             */
            without_password: number;
            /** @description The first lines, those that were refused before the others. */
            lines: components["schemas"]["Line_2"][];
            /** @description Whether it was done, and not only looked at. */
            done: boolean;
        };
        /** ListInput */
        "user.list.input": {
            /** @description Only users of this kind. */
            kind?: string | null;
            /** @description Only those whose name or address has this in it. */
            search?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest first.
             * @default 100
             */
            limit?: number;
            /**
             * Format: uint32
             * @default 0
             */
            offset?: number;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** @description A user in one line. */
        UserRow: {
            id: string;
            /** @description `human`, `ai_agent`, `service_account` or `system`. */
            kind: string;
            name: string;
            email?: string | null;
            /** @description `active`, `invited` or `suspended`; `banned` while a ban lasts. */
            status: string;
            owner?: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /** UserList */
        "user.list.output": {
            users: components["schemas"]["UserRow"][];
            /**
             * Format: uint64
             * @description How many there are without a limit.
             */
            total: number;
        };
        /** ListInput */
        "user.sessions.input": {
            /** @description The user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        SessionRow_2: {
            id: string;
            /** Format: date-time */
            since: string;
            /** Format: date-time */
            refreshed_at?: string | null;
            /** @description `aal2` after a second factor. */
            level: string;
            from?: string | null;
            browser?: string | null;
            /** @description Who really acts, when it is not the user. */
            acts?: string | null;
            /** Format: date-time */
            until?: string | null;
        };
        /** SessionList */
        "user.sessions.output": {
            sessions: components["schemas"]["SessionRow_2"][];
        };
        /** OneUser */
        "user.show.input": {
            /** @description The user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** UserShown */
        "user.show.output": {
            user: components["schemas"]["UserRow"];
            role: string;
            confirmed: boolean;
            /** Format: date-time */
            last_sign_in_at?: string | null;
            /** Format: date-time */
            banned_until?: string | null;
            /** @description The ways in which it signs in. */
            providers: string[];
            /**
             * Format: uint
             * @description Verified second factors.
             */
            factors: number;
            /** Format: uint */
            sessions: number;
        };
        /** EndInput */
        "user.signout.input": {
            /** @description The user's id, address or name. */
            user: string;
            /** @description One of its sessions, as `user:sessions` lists it; all of them when none is named. */
            session?: string | null;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Ended */
        "user.signout.output": {
            /** Format: uint */
            ended: number;
        };
        /** OneUser */
        "user.unenroll.input": {
            /** @description The user's id, address or name. */
            user: string;
            /** @description The project's reference; the default project when absent. */
            project?: string | null;
        };
        /** Unenrolled */
        "user.unenroll.output": {
            id: string;
            /**
             * Format: uint
             * @description How many second factors were taken away.
             */
            factors: number;
        };
        Problem: {
            /** @description the page of the code, relative to the book */
            type: string;
            /** @description what the code means */
            title: string;
            /** @description the status of the answer */
            status: number;
            /** @description what went wrong this time */
            detail: string;
            /** @description the code; `mobo explain` knows it */
            code: string;
            /** @description what the error means to the caller */
            class: string;
            /** @description more about the cause */
            details?: string;
            /** @description what to do next */
            hint?: string;
            /** @description the id of the trace that this happened in */
            instance?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
