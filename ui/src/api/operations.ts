// Made by `npm run operations` from the board's OpenAPI document. Do not edit.

export interface paths {
    "/admin/v1/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** all operations of this board */
        get: operations["list operations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** the declaration of one operation */
        get: operations["show operation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** this document */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/admin:link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a link that opens the admin screen once, as you */
        post: operations["admin:link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/admin:sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists who is signed in to the admin screen */
        post: operations["admin:sessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/admin:sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists who is signed in to the admin screen */
        get: operations["read admin:sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/admin:signout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a session of the admin screen, or all of them */
        post: operations["admin:signout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/audit:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows who called which operation, and how it went */
        post: operations["audit:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/audit:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows who called which operation, and how it went */
        get: operations["read audit:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/audit:verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Proves that no line of the audit log was changed or taken out */
        post: operations["audit:verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/audit:verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proves that no line of the audit log was changed or taken out */
        get: operations["read audit:verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/board:boots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists past boots and how each ended */
        post: operations["board:boots"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/board:boots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists past boots and how each ended */
        get: operations["read board:boots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/board:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Checks settings and parts as a boot would, and starts nothing
         * @description Reads the settings file again and fits the parts together: misspelt keys, missing sockets, two providers, cycles and two claims on one port are all told at once. It also works while no board runs.
         */
        post: operations["board:check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/board:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Checks settings and parts as a boot would, and starts nothing
         * @description Reads the settings file again and fits the parts together: misspelt keys, missing sockets, two providers, cycles and two claims on one port are all told at once. It also works while no board runs.
         */
        get: operations["read board:check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/board:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the stages of the last boot again, with their times */
        post: operations["board:report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/board:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the stages of the last boot again, with their times */
        get: operations["read board:report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/board:restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes the board down in order and boots it again */
        post: operations["board:restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/board:shutdown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes the board down in order
         * @description Parts finish their work and leave in the reverse order of their start, within `board.shutdown_within`; who is late is ended and named in the log.
         */
        post: operations["board:shutdown"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/board:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows how the board is, in one look */
        post: operations["board:status"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/board:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows how the board is, in one look */
        get: operations["read board:status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists the parts, how they are and what they do */
        post: operations["component:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/component:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the parts, how they are and what they do */
        get: operations["read component:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:plug": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Plugs in a part from the shelf, now and for the boots to come
         * @description Writes `parts.<name> = true` to magflock.toml.
         */
        post: operations["component:plug"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Puts a new incarnation of a part in place of the running one
         * @description The newcomer is built, tested and ready before the old one leaves, so nobody is refused. If it never becomes ready, the old one goes on. A part that is down is started.
         */
        post: operations["component:restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows all that is known of a part */
        post: operations["component:show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/component:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows all that is known of a part */
        get: operations["read component:show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts a part that was stopped or is lost */
        post: operations["component:start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stops a part; it stays in its seat */
        post: operations["component:stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:swap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lets a part with the settings of now take over from the running one
         * @description Reads the settings again, for this part alone. As with a restart the newcomer must be ready before the old one leaves.
         */
        post: operations["component:swap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/component:unplug": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a part out, now and for the boots to come
         * @description Writes `parts.<name> = false` to magflock.toml. What the part has stored stays. A protected or essential part leaves by `--force` only.
         */
        post: operations["component:unplug"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/config:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Checks all layers of the settings and tells every mistake */
        post: operations["config:check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/config:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checks all layers of the settings and tells every mistake */
        get: operations["read config:check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/config:reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reads the settings again and brings what changed into force
         * @description The board does this by itself when the file changes or on SIGHUP.
         */
        post: operations["config:reload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/config:set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Changes a setting in magflock.toml and brings it into force
         * @description Keeps the comments of the file. A value that the board would refuse is refused here. A variable or flag that sets the same name still wins, and is named.
         */
        post: operations["config:set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/config:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the settings, and where each value comes from */
        post: operations["config:show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/config:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the settings, and where each value comes from */
        get: operations["read config:show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/config:unset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a setting out of magflock.toml, so that its default holds */
        post: operations["config:unset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/doctor:run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Looks for known troubles, explains them, and mends them with --fix
         * @description It works while no board runs as well, which is when it is needed most.
         */
        post: operations["doctor:run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/events:handlers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists who is asked before things happen, in their order */
        post: operations["events:handlers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/events:handlers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists who is asked before things happen, in their order */
        get: operations["read events:handlers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/events:replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows durable facts again, from a position or a moment on */
        post: operations["events:replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/events:replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows durable facts again, from a position or a moment on */
        get: operations["read events:replay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/events:tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Follows the facts on the bus as they are told */
        post: operations["events:tail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/events:tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follows the facts on the bus as they are told */
        get: operations["read events:tail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/health:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Checks the live parts now */
        post: operations["health:check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/health:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checks the live parts now */
        get: operations["read health:check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/health:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reports the health of the board, or of one part */
        post: operations["health:report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/health:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reports the health of the board, or of one part */
        get: operations["read health:report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/health:watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Follows the health of the board, a line at each change */
        post: operations["health:watch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/health:watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follows the health of the board, a line at each change */
        get: operations["read health:watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/jobs:cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a job out of the queue; a running one is ended */
        post: operations["jobs:cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/jobs:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists background jobs, the newest first */
        post: operations["jobs:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/jobs:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists background jobs, the newest first */
        get: operations["read jobs:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/jobs:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Runs a dead or cancelled job again, with all its attempts */
        post: operations["jobs:retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/jobs:schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists what is queued by the clock */
        post: operations["jobs:schedules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/jobs:schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what is queued by the clock */
        get: operations["read jobs:schedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/jobs:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows a job with its payload, result and last error */
        post: operations["jobs:show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/jobs:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a job with its payload, result and last error */
        get: operations["read jobs:show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/key:create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a key for an app or a server, and shows it once
         * @description A publishable key may be in an app that anybody can read; what it reaches is what policies give to `anon`. A secret key passes every policy: it belongs on servers. What is kept is a hash, so a lost key is replaced and not found again.
         */
        post: operations["key:create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/key:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists the keys of a project, the newest first */
        post: operations["key:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/key:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the keys of a project, the newest first */
        get: operations["read key:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/key:revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a key at once */
        post: operations["key:revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/key:rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replaces a key by a new one; the old one goes on for a while */
        post: operations["key:rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/logs:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the newest lines of the log */
        post: operations["logs:show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/logs:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the newest lines of the log */
        get: operations["read logs:show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/logs:tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Follows the log */
        post: operations["logs:tail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/logs:tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follows the log */
        get: operations["read logs:tail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/postgresql:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Shows the managed PostgreSQL
         * @description The managed PostgreSQL is a server of this installation's own. It starts when a first database is made in it, and at every boot from then on.
         */
        post: operations["postgresql:status"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/postgresql:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the managed PostgreSQL
         * @description The managed PostgreSQL is a server of this installation's own. It starts when a first database is made in it, and at every boot from then on.
         */
        get: operations["read postgresql:status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/project:create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a project with a database of its own
         * @description The project gets a source `main`: a SQLite file in the data folder, or, with `--engine postgres`, a database in the local PostgreSQL. Both have the base model, and nobody can reach a table in them until someone grants it and makes a policy.
         */
        post: operations["project:create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/project:delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forgets a project; its databases stay unless told otherwise */
        post: operations["project:delete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/project:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists the projects and their sources */
        post: operations["project:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/project:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the projects and their sources */
        get: operations["read project:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/project:set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes a setting of a project; the next request follows it */
        post: operations["project:set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/project:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows a project with its settings */
        post: operations["project:show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/project:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a project with its settings */
        get: operations["read project:show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/signing:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists the keys that sign a project's tokens */
        post: operations["signing:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/signing:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the keys that sign a project's tokens */
        get: operations["read signing:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/signing:revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Refuses every token that a replaced key has signed */
        post: operations["signing:revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/signing:rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs tokens with a new key from now on; older tokens stay good */
        post: operations["signing:rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Connects a database that is there already; it is only read until told otherwise
         * @description The address is kept sealed and shown to nobody. Who may see what is decided by MagFlock's own policies for SQLite, and by the database's for PostgreSQL: at first nobody sees anything. Changes of the structure by others are watched and told.
         */
        post: operations["source:connect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a new database for a project */
        post: operations["source:create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deletes a database that MagFlock made, with all that is in it */
        post: operations["source:delete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:detach": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forgets a source; its database stays as it is
         * @description Rules that are kept beside the database, because the database is not MagFlock's own, are forgotten with it. A database of MagFlock's own carries its rules, and can be connected again with `--install`.
         */
        post: operations["source:detach"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Enables an extension of a database, with those that it needs */
        post: operations["source:extend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:extensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists what a database is extended with, and what it could be extended with */
        post: operations["source:extensions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/source:extensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what a database is extended with, and what it could be extended with */
        get: operations["read source:extensions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a database how it is: sizes, indexes, bloat, cache, connections, what runs */
        post: operations["source:inspect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/source:inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Asks a database how it is: sizes, indexes, bloat, cache, connections, what runs */
        get: operations["read source:inspect"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lists the sources of all projects, and how they are */
        post: operations["source:list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/source:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the sources of all projects, and how they are */
        get: operations["read source:list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reads the structure and the rules of a source anew, without waiting to be told */
        post: operations["source:refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes the terms of a source: whether it is written, its limits, what is slow */
        post: operations["source:set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows all that is known of a source */
        post: operations["source:show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/source:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows all that is known of a source */
        get: operations["read source:show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:slow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the last calls that took long, without their values */
        post: operations["source:slow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/source:slow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the last calls that took long, without their values */
        get: operations["read source:slow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/operations/source:test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries whether a source answers, over a new connection */
        post: operations["source:test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/read/source:test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tries whether a source answers, over a new connection */
        get: operations["read source:test"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
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
            all: boolean;
        };
        /** SignedOut */
        "admin.signout.output": {
            /** Format: uint64 */
            ended: number;
        };
        /** ListInput */
        "audit.list.input": {
            /** @description Only calls of this operation. */
            operation?: string | null;
            /** @description Only calls of this actor. */
            actor?: string | null;
            /**
             * Format: uint32
             * @description So many at most, the newest.
             * @default 100
             */
            limit: number;
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
            operation: string;
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
        /** AuditList */
        "audit.list.output": {
            lines: components["schemas"]["AuditRow"][];
        };
        /**
         * Nothing
         * @description Input of operations that take none.
         */
        "audit.verify.input": Record<string, never>;
        /** Verified */
        "audit.verify.output": {
            good: boolean;
            /** Format: uint64 */
            lines: number;
            /** @description The first line that does not fit. */
            broken?: string | null;
            /** @description Keep it elsewhere: it proves the log up to now. */
            seal?: string | null;
        };
        /** BootsInput */
        "board.boots.input": {
            /**
             * Format: uint32
             * @description So many, the newest first.
             * @default 20
             */
            limit: number;
        };
        BootRow: {
            /** Format: int64 */
            boot: number;
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            ended_at?: string | null;
            /** @description `running`, `clean`, `killed`, `failed` */
            how: string;
            version: string;
            /** Format: double */
            ready_ms?: number | null;
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
            health?: components["schemas"]["Condition"] | null;
            version: string;
            standing?: components["schemas"]["Standing"] | null;
            /** Format: uint32 */
            restarts: number;
            why?: string | null;
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
            ready_ms?: number | null;
            urls: string[];
            data_folder: string;
            /** Format: uint32 */
            process: number;
            /** Format: uint64 */
            memory_bytes?: number | null;
            /** Format: double */
            cpu_s?: number | null;
            parts: components["schemas"]["PartRow"][];
            jobs: components["schemas"]["JobCounts"];
            /** Format: uint64 */
            facts_told: number;
        };
        /** ListInput */
        "component.list.input": {
            /**
             * @description Also parts that could be plugged in.
             * @default false
             */
            all: boolean;
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
            drained?: components["schemas"]["DrainReport"] | null;
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
            why?: string | null;
            /** Format: date-time */
            last_check?: string | null;
            /** Format: date-time */
            since: string;
            /** Format: uint32 */
            restarts: number;
            /** Format: uint64 */
            registered_in_us: number;
            /** Format: uint64 */
            ready_in_ms?: number | null;
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
            force: boolean;
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
            drained?: components["schemas"]["DrainReport"] | null;
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
            drained?: components["schemas"]["DrainReport"] | null;
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
            force: boolean;
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
            drained?: components["schemas"]["DrainReport"] | null;
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
            hint?: string | null;
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
            before?: unknown;
            after?: unknown;
            /** @description Missing in a preview. */
            reload?: components["schemas"]["ReloadReport"] | null;
            /** @description A layer above the file that hides the change. */
            hidden_by?: string | null;
        };
        /** ShowInput */
        "config.show.input": {
            /** @description Only settings whose name begins so: `health` or `gate.port`. */
            name?: string | null;
            /**
             * @description Only those that somebody has set.
             * @default false
             */
            changed: boolean;
            /**
             * @description With the place where each value was set.
             * @default false
             */
            origin: boolean;
        };
        SettingRow: {
            name: string;
            /** @description Secrets are `***`. */
            value: unknown;
            default?: unknown;
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
            before?: unknown;
            after?: unknown;
            /** @description Missing in a preview. */
            reload?: components["schemas"]["ReloadReport"] | null;
            /** @description A layer above the file that hides the change. */
            hidden_by?: string | null;
        };
        /** DoctorInput */
        "doctor.run.input": {
            /**
             * @description Mend what can be mended.
             * @default false
             */
            fix: boolean;
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
            limit: number;
        };
        /** @description A fact as people and programs see it. */
        EventRow: {
            /**
             * Format: uint64
             * @description Where it stands in the journal; facts that are not durable have none.
             */
            position?: number | null;
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
            last: number;
            /**
             * @description With those that are told for every request, which are made only while somebody listens.
             * @default false
             */
            traffic: boolean;
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
            why?: string | null;
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
            memory_bytes?: number | null;
            /** Format: double */
            cpu_s?: number | null;
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
            why?: string | null;
            /** Format: date-time */
            last_check?: string | null;
            /** Format: date-time */
            since: string;
            /** Format: uint32 */
            restarts: number;
            /** Format: uint64 */
            registered_in_us: number;
            /** Format: uint64 */
            ready_in_ms?: number | null;
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
            limit: number;
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
            error?: string | null;
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
            last_run?: string | null;
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
            unique_key?: string | null;
            /** Format: date-time */
            lease_until?: string | null;
            /** @description What the last attempt that failed said. */
            error?: string | null;
            result?: unknown;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            started_at?: string | null;
            /** Format: date-time */
            ended_at?: string | null;
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
            kind: components["schemas"]["KeyKind"];
            /** @description The role it opens; otherwise `service_role` for secret keys, `anon` for the others. */
            role?: string | null;
            /**
             * @description What it may do at doors that ask for permissions: `auth.admin`, `storage.*`; everything of
             *     its project when none is named for a key of `service_role`.
             * @default []
             */
            scopes: string[];
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
            all: boolean;
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
            /** @description The key's id, as `mobo key:list` shows it. */
            id: string;
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
            /** @description The key's id, as `mobo key:list` shows it. */
            id: string;
            /**
             * Format: uint32
             * @description How long both keys open the door, so that apps can be changed without a gap.
             * @default 24
             */
            overlap_hours: number;
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
            name: string | null;
            /**
             * @description Host names that lead to the project.
             * @default []
             */
            hosts: string[];
            /**
             * @description It answers requests that name no project.
             * @default false
             */
            default: boolean;
            /**
             * @description The engine of its first database; `none` leaves it without one.
             * @default sqlite
             */
            engine: string;
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
        /**
         * ProjectShown
         * @description All that is known of a project.
         */
        "project.create.output": {
            project: string;
            name: string;
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
            data: boolean;
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
            name: string;
            /** @description It answers requests that name none. */
            default: boolean;
            sources: string[];
            hosts: string[];
        };
        /** ProjectList */
        "project.list.output": {
            projects: components["schemas"]["ProjectLine"][];
        };
        /** SetInput */
        "project.set.input": {
            /** @description The project's short name. */
            project: string;
            /** @description `name`, `hosts`, `default`, or a setting such as `rest.max_rows`, as `project:show` has them. */
            key: string;
            /**
             * @description The new value, as JSON or as plain text; without one the setting is what it was at first.
             * @default null
             */
            value: string | null;
            /**
             * Format: password
             * @description The new value of a setting that is a secret. No log shows it.
             * @default null
             */
            secret: string | null;
        };
        /**
         * ProjectShown
         * @description All that is known of a project.
         */
        "project.set.output": {
            project: string;
            name: string;
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
            project: string | null;
        };
        /**
         * ProjectShown
         * @description All that is known of a project.
         */
        "project.show.output": {
            project: string;
            name: string;
            /** @description It answers requests that name none. */
            default: boolean;
            sources: string[];
            hosts: string[];
            id: string;
            settings: components["schemas"]["ProjectSettings"];
            created_at: string;
            created_by: string;
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
            algorithm: string;
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
            project: string | null;
            /**
             * @description Rows may be written through MagFlock. Without it the database is only read.
             * @default false
             */
            writable: boolean;
            /**
             * @description MagFlock installs its roles, functions and base model into the database and keeps them up to
             *     date. Without it nothing of MagFlock is written into it, ever.
             * @default false
             */
            install: boolean;
            /**
             * @description Its tables need no prefix. The first source of a project is primary in any case.
             * @default false
             */
            primary: boolean;
            /**
             * Format: uint32
             * @description Connections at most.
             * @default null
             */
            connections_max: number | null;
            /**
             * @description Addresses of servers that follow it, for reads.
             * @default []
             */
            replicas: string[];
            /**
             * Format: password
             * @description The address past a pooler, for what lasts longer than a transaction.
             * @default null
             */
            direct: string | null;
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
            project: string | null;
            /**
             * @description `sqlite` makes a file in the data folder, `postgres` a database in the local PostgreSQL.
             * @default sqlite
             */
            engine: string;
            /**
             * @description Its tables need no prefix. The first source of a project is primary in any case.
             * @default false
             */
            primary: boolean;
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
            project: string | null;
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
            project: string | null;
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
            project: string | null;
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
            source: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
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
            source: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
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
            project: string | null;
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
            source: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
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
            value: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
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
            source: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
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
            source: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
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
            source: string | null;
            /**
             * @description The project; the default one when absent.
             * @default null
             */
            project: string | null;
            /**
             * Format: password
             * @description An address that is not connected yet, to be tried without keeping it.
             * @default null
             */
            address: string | null;
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
    responses: {
        /** @description why it was refused or failed, and what to do next */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "list operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the declarations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "show operation": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the declaration */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description this document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "admin:link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["admin.link.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["admin.link.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "admin:sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["admin.sessions.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["admin.sessions.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read admin:sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["admin.sessions.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "admin:signout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["admin.signout.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["admin.signout.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "audit:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["audit.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["audit.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read audit:list": {
        parameters: {
            query?: {
                /** @description Only calls of this operation. */
                operation?: string | null;
                /** @description Only calls of this actor. */
                actor?: string | null;
                /** @description So many at most, the newest. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["audit.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "audit:verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["audit.verify.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["audit.verify.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read audit:verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["audit.verify.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "board:boots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["board.boots.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.boots.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read board:boots": {
        parameters: {
            query?: {
                /** @description So many, the newest first. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.boots.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "board:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["board.check.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.check.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read board:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.check.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "board:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["board.report.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.report.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read board:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.report.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "board:restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["board.restart.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.restart.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "board:shutdown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["board.shutdown.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.shutdown.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "board:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["board.status.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.status.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read board:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["board.status.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["component.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read component:list": {
        parameters: {
            query?: {
                /** @description Also parts that could be plugged in. */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:plug": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.plug.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.plug.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.restart.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.restart.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.show.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read component:show": {
        parameters: {
            query: {
                /** @description The part's name, as `mobo list` shows it. */
                part: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.start.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.start.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:stop": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.stop.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.stop.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:swap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.swap.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.swap.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "component:unplug": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["component.unplug.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["component.unplug.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "config:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["config.check.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.check.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read config:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.check.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "config:reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["config.reload.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.reload.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "config:set": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["config.set.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.set.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "config:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["config.show.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read config:show": {
        parameters: {
            query?: {
                /** @description Only settings whose name begins so: `health` or `gate.port`. */
                name?: string | null;
                /** @description Only those that somebody has set. */
                changed?: boolean;
                /** @description With the place where each value was set. */
                origin?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "config:unset": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["config.unset.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["config.unset.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "doctor:run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["doctor.run.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["doctor.run.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "events:handlers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["events.handlers.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["events.handlers.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read events:handlers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["events.handlers.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "events:replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["events.replay.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["events.replay.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read events:replay": {
        parameters: {
            query?: {
                /** @description Topics that begin so. */
                topic?: string | null;
                /** @description Only facts of this part. */
                source?: string | null;
                /** @description From this position of the journal on. */
                from?: number | null;
                /** @description From this moment on: `2026-01-02T03:04:05Z` or `10m` ago. */
                since?: string | null;
                /** @description So many at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["events.replay.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "events:tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["events.tail.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read events:tail": {
        parameters: {
            query?: {
                /** @description Topics that begin so: `component` or `health.degraded`. */
                topic?: string | null;
                /** @description Only facts of this part. */
                source?: string | null;
                /** @description Begin with so many that were told already. */
                last?: number;
                /** @description With those that are told for every request, which are made only while somebody listens. */
                traffic?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "health:check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["health.check.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.check.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read health:check": {
        parameters: {
            query?: {
                /** @description One part; all of them when left out. */
                part?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.check.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "health:report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["health.report.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.report.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read health:report": {
        parameters: {
            query?: {
                /** @description One part; all of them when left out. */
                part?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.report.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "health:watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["health.watch.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read health:watch": {
        parameters: {
            query?: {
                /** @description One part; all of them when left out. */
                part?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "jobs:cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["jobs.cancel.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.cancel.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "jobs:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["jobs.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read jobs:list": {
        parameters: {
            query?: {
                /** @description Only jobs in this state. */
                state?: components["schemas"]["JobState"] | null;
                /** @description Only jobs of this kind. */
                kind?: string | null;
                /** @description So many at most, the newest first. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "jobs:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["jobs.retry.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.retry.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "jobs:schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["jobs.schedules.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.schedules.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read jobs:schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.schedules.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "jobs:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["jobs.show.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read jobs:show": {
        parameters: {
            query: {
                /** @description The job's id, as `mobo jobs:list` shows it. */
                id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["jobs.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "key:create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["key.create.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["key.create.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "key:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["key.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["key.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read key:list": {
        parameters: {
            query?: {
                /** @description The project's reference; the default project when absent. */
                project?: string | null;
                /** @description Those that open nothing any more as well. */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["key.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "key:revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["key.revoke.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["key.revoke.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "key:rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["key.rotate.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["key.rotate.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "logs:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["logs.show.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["logs.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read logs:show": {
        parameters: {
            query?: {
                /** @description Only lines of this part. */
                part?: string | null;
                /** @description This level and those that matter more. */
                level?: components["schemas"]["Level"] | null;
                /** @description From this moment on: `2026-01-02T03:04:05Z` or `10m` ago. */
                since?: string | null;
                /** @description So many at most, the newest. */
                limit?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["logs.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "logs:tail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["logs.tail.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read logs:tail": {
        parameters: {
            query?: {
                /** @description Only lines of this part. */
                part?: string | null;
                /** @description This level and those that matter more. */
                level?: components["schemas"]["Level"] | null;
                /** @description From this moment on: `2026-01-02T03:04:05Z` or `10m` ago. */
                since?: string | null;
                /** @description So many at most, the newest. */
                limit?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "postgresql:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["postgresql.status.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["postgresql.status.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read postgresql:status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["postgresql.status.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "project:create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["project.create.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.create.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "project:delete": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: {
                /** @description `destroy` agrees to what cannot be taken back */
                "x-magflock-consent"?: "yes" | "destroy";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["project.delete.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.delete.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "project:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["project.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read project:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "project:set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["project.set.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.set.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "project:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["project.show.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read project:show": {
        parameters: {
            query?: {
                /** @description The project's short name; the default one when absent. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["project.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "signing:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["signing.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["signing.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read signing:list": {
        parameters: {
            query?: {
                /** @description The project's reference; the default project when absent. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["signing.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "signing:revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["signing.revoke.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["signing.revoke.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "signing:rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["signing.rotate.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["signing.rotate.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["source.connect.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.connect.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["source.create.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.create.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:delete": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: {
                /** @description `destroy` agrees to what cannot be taken back */
                "x-magflock-consent"?: "yes" | "destroy";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["source.delete.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.delete.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:detach": {
        parameters: {
            query?: {
                /** @description only tell what would be done */
                preview?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["source.detach.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.detach.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["source.extend.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.extend.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:extensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.extensions.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.extensions.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read source:extensions": {
        parameters: {
            query?: {
                /** @description The source; the project's primary one when absent. */
                source?: string | null;
                /** @description The project; the default one when absent. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.extensions.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.inspect.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.inspect.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read source:inspect": {
        parameters: {
            query?: {
                /** @description The source; the project's primary one when absent. */
                source?: string | null;
                /** @description The project; the default one when absent. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.inspect.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.list.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read source:list": {
        parameters: {
            query?: {
                /** @description Only of this project. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.list.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.refresh.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.refresh.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["source.set.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.set.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.show.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read source:show": {
        parameters: {
            query?: {
                /** @description The source; the project's primary one when absent. */
                source?: string | null;
                /** @description The project; the default one when absent. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.show.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:slow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.slow.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.slow.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read source:slow": {
        parameters: {
            query?: {
                /** @description The source; the project's primary one when absent. */
                source?: string | null;
                /** @description The project; the default one when absent. */
                project?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.slow.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "source:test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["source.test.input"];
            };
        };
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.test.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    "read source:test": {
        parameters: {
            query?: {
                /** @description The source; the project's primary one when absent. */
                source?: string | null;
                /** @description The project; the default one when absent. */
                project?: string | null;
                /** @description An address that is not connected yet, to be tried without keeping it. */
                address?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["source.test.output"];
                    "text/event-stream": string;
                    "application/x-ndjson": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
