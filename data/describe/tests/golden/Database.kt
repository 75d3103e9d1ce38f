// Types of the database. Made by `mobo gen:types`; not to be edited.
@file:Suppress("unused", "EnumEntryName")

package database

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonElement

object PublicSchema {
    @Serializable
    enum class OrderState {
        @SerialName("open") Open,
        @SerialName("paid") Paid,
        @SerialName("IN TRANSIT") InTransit,
        @SerialName("done") Done
    }

    /** The composite type `address`. */
    @Serializable
    data class Address(
        @SerialName("street") val street: String? = null,
        @SerialName("city") val city: String? = null,
        @SerialName("geo") val geo: List<Double>? = null,
    )

    /** A row of the view `open orders`. */
    @Serializable
    data class OpenOrdersRow(
        @SerialName("id") val id: Long? = null,
        @SerialName("person_id") val personId: String? = null,
        @SerialName("size") val size: Long? = null,
    )

    /** What a new row of `open orders` says. */
    @Serializable
    data class OpenOrdersInsert(
        @SerialName("id") val id: Long? = null,
        @SerialName("person_id") val personId: String? = null,
    )

    /** What a change of `open orders` says; what is left out stays. */
    @Serializable
    data class OpenOrdersUpdate(
        @SerialName("id") val id: Long? = null,
        @SerialName("person_id") val personId: String? = null,
    )

    /** A row of the table `order_lines`. */
    @Serializable
    data class OrderLinesRow(
        @SerialName("order_id") val orderId: Long,
        @SerialName("line") val line: Int,
        @SerialName("what") val what: String,
        @SerialName("count") val count: Int,
    )

    /** What a new row of `order_lines` says. */
    @Serializable
    data class OrderLinesInsert(
        @SerialName("order_id") val orderId: Long,
        @SerialName("line") val line: Int,
        @SerialName("what") val what: String,
        @SerialName("count") val count: Int? = null,
    )

    /** What a change of `order_lines` says; what is left out stays. */
    @Serializable
    data class OrderLinesUpdate(
        @SerialName("order_id") val orderId: Long? = null,
        @SerialName("line") val line: Int? = null,
        @SerialName("what") val what: String? = null,
        @SerialName("count") val count: Int? = null,
    )

    /** A row of the table `orders`. */
    @Serializable
    data class OrdersRow(
        @SerialName("id") val id: Long,
        @SerialName("person_id") val personId: String,
        @SerialName("state") val state: PublicSchema.OrderState,
        @SerialName("states") val states: List<PublicSchema.OrderState>? = null,
        @SerialName("total") val total: Double,
        @SerialName("rate") val rate: Float? = null,
        @SerialName("note") val note: String? = null,
        @SerialName("days") val days: String? = null,
        @SerialName("words") val words: String? = null,
        @SerialName("type") val type: Short,
        @SerialName("ship-to") val shipTo: PublicSchema.Address? = null,
    )

    /** What a new row of `orders` says. */
    @Serializable
    data class OrdersInsert(
        @SerialName("person_id") val personId: String,
        @SerialName("state") val state: PublicSchema.OrderState? = null,
        @SerialName("states") val states: List<PublicSchema.OrderState>? = null,
        @SerialName("total") val total: Double? = null,
        @SerialName("rate") val rate: Float? = null,
        @SerialName("note") val note: String? = null,
        @SerialName("days") val days: String? = null,
        @SerialName("type") val type: Short? = null,
        @SerialName("ship-to") val shipTo: PublicSchema.Address? = null,
    )

    /** What a change of `orders` says; what is left out stays. */
    @Serializable
    data class OrdersUpdate(
        @SerialName("person_id") val personId: String? = null,
        @SerialName("state") val state: PublicSchema.OrderState? = null,
        @SerialName("states") val states: List<PublicSchema.OrderState>? = null,
        @SerialName("total") val total: Double? = null,
        @SerialName("rate") val rate: Float? = null,
        @SerialName("note") val note: String? = null,
        @SerialName("days") val days: String? = null,
        @SerialName("type") val type: Short? = null,
        @SerialName("ship-to") val shipTo: PublicSchema.Address? = null,
    )

    /** Customers */
    @Serializable
    data class PeopleRow(
        @SerialName("id") val id: String,
        @SerialName("email") val email: String,
        @SerialName("name") val name: String? = null,
        @SerialName("home") val home: PublicSchema.Address? = null,
        @SerialName("is_vip") val isVip: Boolean,
        @SerialName("settings") val settings: JsonElement,
        @SerialName("invited_by") val invitedBy: String? = null,
        @SerialName("created_at") val createdAt: String,
    )

    /** What a new row of `people` says. */
    @Serializable
    data class PeopleInsert(
        @SerialName("id") val id: String? = null,
        @SerialName("email") val email: String,
        @SerialName("name") val name: String? = null,
        @SerialName("home") val home: PublicSchema.Address? = null,
        @SerialName("is_vip") val isVip: Boolean? = null,
        @SerialName("settings") val settings: JsonElement? = null,
        @SerialName("invited_by") val invitedBy: String? = null,
        @SerialName("created_at") val createdAt: String? = null,
    )

    /** What a change of `people` says; what is left out stays. */
    @Serializable
    data class PeopleUpdate(
        @SerialName("id") val id: String? = null,
        @SerialName("email") val email: String? = null,
        @SerialName("name") val name: String? = null,
        @SerialName("home") val home: PublicSchema.Address? = null,
        @SerialName("is_vip") val isVip: Boolean? = null,
        @SerialName("settings") val settings: JsonElement? = null,
        @SerialName("invited_by") val invitedBy: String? = null,
        @SerialName("created_at") val createdAt: String? = null,
    )

    /** A row of the view `sales`. */
    @Serializable
    data class SalesRow(
        @SerialName("day") val day: String? = null,
        @SerialName("total") val total: Double? = null,
    )

    /** What the function `add` takes. */
    @Serializable
    data class AddArgs(
        @SerialName("a") val a: Int,
        @SerialName("b") val b: Int? = null,
    )

    /** What the function `close_day` takes. */
    @Serializable
    data class CloseDayArgs(
        @SerialName("day") val day: String,
    )

    /** What the function `either` takes. */
    @Serializable
    data class EitherArgs(
        @SerialName("x") val x: String,
    )

    /** What the function `orders_of` takes. */
    @Serializable
    data class OrdersOfArgs(
        @SerialName("person") val person: String,
        @SerialName("states") val states: List<PublicSchema.OrderState>? = null,
    )

    /** What the function `search` takes. */
    @Serializable
    data class SearchArgs(
        @SerialName("query") val query: String,
        @SerialName("most") val most: Int,
    )
}

object StaffSchema {
    @Serializable
    enum class Shift {
        @SerialName("early") Early,
        @SerialName("late") Late
    }

    /** A row of the table `empty`. */
    @Serializable
    class EmptyRow

    /** What a new row of `empty` says. */
    @Serializable
    class EmptyInsert

    /** What a change of `empty` says; what is left out stays. */
    @Serializable
    class EmptyUpdate

    /** A row of the table `members`. */
    @Serializable
    data class MembersRow(
        @SerialName("id") val id: Int,
        @SerialName("shift") val shift: StaffSchema.Shift,
        @SerialName("serves") val serves: PublicSchema.OrderState? = null,
        @SerialName("salary") val salary: Double? = null,
    )

    /** What a new row of `members` says. */
    @Serializable
    data class MembersInsert(
        @SerialName("id") val id: Int? = null,
        @SerialName("shift") val shift: StaffSchema.Shift,
        @SerialName("serves") val serves: PublicSchema.OrderState? = null,
        @SerialName("salary") val salary: Double? = null,
    )

    /** What a change of `members` says; what is left out stays. */
    @Serializable
    data class MembersUpdate(
        @SerialName("id") val id: Int? = null,
        @SerialName("shift") val shift: StaffSchema.Shift? = null,
        @SerialName("serves") val serves: PublicSchema.OrderState? = null,
        @SerialName("salary") val salary: Double? = null,
    )
}
