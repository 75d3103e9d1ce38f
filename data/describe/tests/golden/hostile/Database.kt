// Types of the database. Made by `mobo gen:types`; not to be edited.
@file:Suppress("unused", "EnumEntryName")

package database

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonElement

object PublicSchema {
    @Serializable
    enum class Nothing {
    }

    @Serializable
    enum class Option_ {
        @SerialName("kind") Kind
    }

    @Serializable
    enum class OptionKind {
        @SerialName("y") Y
    }

    @Serializable
    enum class String_ {
        @SerialName("x") X
    }

    @Serializable
    enum class Type_ {
        @SerialName("") Empty,
        @SerialName("a\"b") AB,
        @SerialName("1") N1,
        @SerialName("a-b") AB2,
        @SerialName("a_b") AB3,
        @SerialName("None") None,
        @SerialName("class") Class,
        @SerialName("\$x") X,
        @SerialName("back\\slash") BackSlash,
        @SerialName("it's") ItS,
        @SerialName("تست") U62au633u62a,
        @SerialName("Self") Self
    }

    /** The composite type `a"c`. */
    @Serializable
    data class AC(
        @SerialName("class") val class_: String? = null,
        @SerialName("user-id") val userId: Int? = null,
    )

    /** A row of the table `A-B`. */
    @Serializable
    data class ABRow(
        @SerialName("id") val id: Int? = null,
    )

    /** What a new row of `A-B` says. */
    @Serializable
    data class ABInsert(
        @SerialName("id") val id: Int? = null,
    )

    /** What a change of `A-B` says; what is left out stays. */
    @Serializable
    data class ABUpdate(
        @SerialName("id") val id: Int? = null,
    )

    /** A row of the table `a"b`. */
    @Serializable
    data class ABRow2(
        @SerialName("id") val id: Int? = null,
    )

    /** What a new row of `a"b` says. */
    @Serializable
    data class ABInsert2(
        @SerialName("id") val id: Int? = null,
    )

    /** What a change of `a"b` says; what is left out stays. */
    @Serializable
    data class ABUpdate2(
        @SerialName("id") val id: Int? = null,
    )

    /** * / """ \ $x `y` */
    @Serializable
    data class ClassRow(
        @SerialName("type") val type: PublicSchema.Type_,
        @SerialName("user_id") val userId: Int,
        @SerialName("user-id") val userId2: Int? = null,
        @SerialName("userId") val userId3: Int? = null,
        @SerialName("self") val self: Boolean? = null,
        @SerialName("1st") val n1st: String? = null,
        @SerialName("a\"b") val aB: PublicSchema.AC? = null,
        @SerialName("it's") val itS: String? = null,
        @SerialName("x*/y") val xY: String? = null,
        @SerialName("line\nbreak") val lineBreak: String? = null,
        @SerialName("\$name") val name: String? = null,
        @SerialName("back\\slash") val backSlash: String? = null,
        @SerialName("`tick`") val tick: String? = null,
        @SerialName("a,b") val aB2: String? = null,
        @SerialName("__secret") val secret: String? = null,
        @SerialName("None") val none: String? = null,
        @SerialName("select") val select: String? = null,
        @SerialName("تست") val u62au633u62a: List<String>? = null,
        @SerialName("{id}") val id: List<PublicSchema.Type_>? = null,
    )

    /** What a new row of `class` says. */
    @Serializable
    data class ClassInsert(
        @SerialName("type") val type: PublicSchema.Type_,
        @SerialName("user_id") val userId: Int,
        @SerialName("user-id") val userId2: Int? = null,
        @SerialName("userId") val userId3: Int? = null,
        @SerialName("self") val self: Boolean? = null,
        @SerialName("1st") val n1st: String? = null,
        @SerialName("a\"b") val aB: PublicSchema.AC? = null,
        @SerialName("it's") val itS: String? = null,
        @SerialName("x*/y") val xY: String? = null,
        @SerialName("line\nbreak") val lineBreak: String? = null,
        @SerialName("\$name") val name: String? = null,
        @SerialName("back\\slash") val backSlash: String? = null,
        @SerialName("`tick`") val tick: String? = null,
        @SerialName("a,b") val aB2: String? = null,
        @SerialName("__secret") val secret: String? = null,
        @SerialName("None") val none: String? = null,
        @SerialName("select") val select: String? = null,
        @SerialName("تست") val u62au633u62a: List<String>? = null,
        @SerialName("{id}") val id: List<PublicSchema.Type_>? = null,
    )

    /** What a change of `class` says; what is left out stays. */
    @Serializable
    data class ClassUpdate(
        @SerialName("type") val type: PublicSchema.Type_? = null,
        @SerialName("user_id") val userId: Int? = null,
        @SerialName("user-id") val userId2: Int? = null,
        @SerialName("userId") val userId3: Int? = null,
        @SerialName("self") val self: Boolean? = null,
        @SerialName("1st") val n1st: String? = null,
        @SerialName("a\"b") val aB: PublicSchema.AC? = null,
        @SerialName("it's") val itS: String? = null,
        @SerialName("x*/y") val xY: String? = null,
        @SerialName("line\nbreak") val lineBreak: String? = null,
        @SerialName("\$name") val name: String? = null,
        @SerialName("back\\slash") val backSlash: String? = null,
        @SerialName("`tick`") val tick: String? = null,
        @SerialName("a,b") val aB2: String? = null,
        @SerialName("__secret") val secret: String? = null,
        @SerialName("None") val none: String? = null,
        @SerialName("select") val select: String? = null,
        @SerialName("تست") val u62au633u62a: List<String>? = null,
        @SerialName("{id}") val id: List<PublicSchema.Type_>? = null,
    )

    /** / * / opens, ‮ turns */
    @Serializable
    data class WordsRow(
        @SerialName("int") val int: Int? = null,
        @SerialName("str") val str: String? = null,
        @SerialName("double") val double: Double? = null,
        @SerialName("bool") val bool: Boolean? = null,
        @SerialName("hash_value") val hashValue: String? = null,
        @SerialName("m²") val mub2: Int? = null,
        @SerialName("string") val string: PublicSchema.String_? = null,
        @SerialName("option") val option: PublicSchema.Option_? = null,
        @SerialName("many") val many: List<Int>? = null,
        @SerialName("list") val list: List<String>? = null,
    )

    /** What a new row of `words` says. */
    @Serializable
    data class WordsInsert(
        @SerialName("int") val int: Int? = null,
        @SerialName("str") val str: String? = null,
        @SerialName("double") val double: Double? = null,
        @SerialName("bool") val bool: Boolean? = null,
        @SerialName("hash_value") val hashValue: String? = null,
        @SerialName("m²") val mub2: Int? = null,
        @SerialName("string") val string: PublicSchema.String_? = null,
        @SerialName("option") val option: PublicSchema.Option_? = null,
        @SerialName("many") val many: List<Int>? = null,
        @SerialName("list") val list: List<String>? = null,
    )

    /** What a change of `words` says; what is left out stays. */
    @Serializable
    data class WordsUpdate(
        @SerialName("int") val int: Int? = null,
        @SerialName("str") val str: String? = null,
        @SerialName("double") val double: Double? = null,
        @SerialName("bool") val bool: Boolean? = null,
        @SerialName("hash_value") val hashValue: String? = null,
        @SerialName("m²") val mub2: Int? = null,
        @SerialName("string") val string: PublicSchema.String_? = null,
        @SerialName("option") val option: PublicSchema.Option_? = null,
        @SerialName("many") val many: List<Int>? = null,
        @SerialName("list") val list: List<String>? = null,
    )

    /** A row of the table `x/y?z#{w}`. */
    @Serializable
    data class XYZWRow(
        @SerialName("id") val id: Int? = null,
    )

    /** What a new row of `x/y?z#{w}` says. */
    @Serializable
    data class XYZWInsert(
        @SerialName("id") val id: Int? = null,
    )

    /** What a change of `x/y?z#{w}` says; what is left out stays. */
    @Serializable
    data class XYZWUpdate(
        @SerialName("id") val id: Int? = null,
    )

    /** A row of the table `تست`. */
    @Serializable
    data class U62au633u62aRow(
        @SerialName("id") val id: Int? = null,
    )

    /** What a new row of `تست` says. */
    @Serializable
    data class U62au633u62aInsert(
        @SerialName("id") val id: Int? = null,
    )

    /** What a change of `تست` says; what is left out stays. */
    @Serializable
    data class U62au633u62aUpdate(
        @SerialName("id") val id: Int? = null,
    )

    /** What the function `class` takes. */
    @Serializable
    data class ClassArgs(
        @SerialName("fun") val fun_: Int,
        @SerialName("it's") val itS: PublicSchema.Type_? = null,
    )
}
