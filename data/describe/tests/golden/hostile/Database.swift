// Types of the database. Made by `mobo gen:types`; not to be edited.

import Foundation

/// Any JSON value.
public enum AnyJSON: Codable, Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([AnyJSON])
  case object([String: AnyJSON])

  public init(from decoder: Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([AnyJSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: AnyJSON].self))
    }
  }

  public func encode(to encoder: Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .bool(let bool): try value.encode(bool)
    case .number(let number): try value.encode(number)
    case .string(let string): try value.encode(string)
    case .array(let array): try value.encode(array)
    case .object(let object): try value.encode(object)
    }
  }
}

public enum PublicSchema {
  public typealias Nothing = String

  public enum Option_: String, Codable, Hashable, Sendable {
    case kind = "kind"
  }

  public enum OptionKind: String, Codable, Hashable, Sendable {
    case y = "y"
  }

  public enum String_: String, Codable, Hashable, Sendable {
    case x = "x"
  }

  public enum Type_: String, Codable, Hashable, Sendable {
    case empty = ""
    case aB = "a\"b"
    case n1 = "1"
    case aB2 = "a-b"
    case aB3 = "a_b"
    case none = "None"
    case class_ = "class"
    case x = "$x"
    case backSlash = "back\\slash"
    case itS = "it's"
    case u62au633u62a = "تست"
    case self_ = "Self"
  }

  /// The composite type `a"c`.
  public struct AC: Codable, Hashable, Sendable {
    public var class_: String?
    public var userId: Int32?

    public init(
      class_: String? = nil,
      userId: Int32? = nil
    ) {
      self.class_ = class_
      self.userId = userId
    }

    public enum CodingKeys: String, CodingKey {
      case class_ = "class"
      case userId = "user-id"
    }
  }

  /// A row of the table `A-B`.
  public struct ABRow: Codable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a new row of `A-B` says.
  public struct ABInsert: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a change of `A-B` says; what is left out stays.
  public struct ABUpdate: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// A row of the table `a"b`.
  public struct ABRow2: Codable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a new row of `a"b` says.
  public struct ABInsert2: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a change of `a"b` says; what is left out stays.
  public struct ABUpdate2: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// */ """ \ $x `y`
  public struct ClassRow: Codable, Hashable, Sendable {
    public var type: PublicSchema.Type_
    public var userId: Int32
    public var userId2: Int32?
    public var userId3: Int32?
    public var self_: Bool?
    public var n1st: String?
    public var aB: PublicSchema.AC?
    public var itS: String?
    public var xY: String?
    public var lineBreak: String?
    public var name: String?
    public var backSlash: String?
    public var tick: String?
    public var aB2: String?
    public var secret: String?
    public var none: String?
    public var select: String?
    public var u62au633u62a: [String]?
    public var id: [PublicSchema.Type_]?

    public init(
      type: PublicSchema.Type_,
      userId: Int32,
      userId2: Int32? = nil,
      userId3: Int32? = nil,
      self_: Bool? = nil,
      n1st: String? = nil,
      aB: PublicSchema.AC? = nil,
      itS: String? = nil,
      xY: String? = nil,
      lineBreak: String? = nil,
      name: String? = nil,
      backSlash: String? = nil,
      tick: String? = nil,
      aB2: String? = nil,
      secret: String? = nil,
      none: String? = nil,
      select: String? = nil,
      u62au633u62a: [String]? = nil,
      id: [PublicSchema.Type_]? = nil
    ) {
      self.type = type
      self.userId = userId
      self.userId2 = userId2
      self.userId3 = userId3
      self.self_ = self_
      self.n1st = n1st
      self.aB = aB
      self.itS = itS
      self.xY = xY
      self.lineBreak = lineBreak
      self.name = name
      self.backSlash = backSlash
      self.tick = tick
      self.aB2 = aB2
      self.secret = secret
      self.none = none
      self.select = select
      self.u62au633u62a = u62au633u62a
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case type = "type"
      case userId = "user_id"
      case userId2 = "user-id"
      case userId3 = "userId"
      case self_ = "self"
      case n1st = "1st"
      case aB = "a\"b"
      case itS = "it's"
      case xY = "x*/y"
      case lineBreak = "line\nbreak"
      case name = "$name"
      case backSlash = "back\\slash"
      case tick = "`tick`"
      case aB2 = "a,b"
      case secret = "__secret"
      case none = "None"
      case select = "select"
      case u62au633u62a = "تست"
      case id = "{id}"
    }
  }

  /// What a new row of `class` says.
  public struct ClassInsert: Encodable, Hashable, Sendable {
    public var type: PublicSchema.Type_
    public var userId: Int32
    public var userId2: Int32?
    public var userId3: Int32?
    public var self_: Bool?
    public var n1st: String?
    public var aB: PublicSchema.AC?
    public var itS: String?
    public var xY: String?
    public var lineBreak: String?
    public var name: String?
    public var backSlash: String?
    public var tick: String?
    public var aB2: String?
    public var secret: String?
    public var none: String?
    public var select: String?
    public var u62au633u62a: [String]?
    public var id: [PublicSchema.Type_]?

    public init(
      type: PublicSchema.Type_,
      userId: Int32,
      userId2: Int32? = nil,
      userId3: Int32? = nil,
      self_: Bool? = nil,
      n1st: String? = nil,
      aB: PublicSchema.AC? = nil,
      itS: String? = nil,
      xY: String? = nil,
      lineBreak: String? = nil,
      name: String? = nil,
      backSlash: String? = nil,
      tick: String? = nil,
      aB2: String? = nil,
      secret: String? = nil,
      none: String? = nil,
      select: String? = nil,
      u62au633u62a: [String]? = nil,
      id: [PublicSchema.Type_]? = nil
    ) {
      self.type = type
      self.userId = userId
      self.userId2 = userId2
      self.userId3 = userId3
      self.self_ = self_
      self.n1st = n1st
      self.aB = aB
      self.itS = itS
      self.xY = xY
      self.lineBreak = lineBreak
      self.name = name
      self.backSlash = backSlash
      self.tick = tick
      self.aB2 = aB2
      self.secret = secret
      self.none = none
      self.select = select
      self.u62au633u62a = u62au633u62a
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case type = "type"
      case userId = "user_id"
      case userId2 = "user-id"
      case userId3 = "userId"
      case self_ = "self"
      case n1st = "1st"
      case aB = "a\"b"
      case itS = "it's"
      case xY = "x*/y"
      case lineBreak = "line\nbreak"
      case name = "$name"
      case backSlash = "back\\slash"
      case tick = "`tick`"
      case aB2 = "a,b"
      case secret = "__secret"
      case none = "None"
      case select = "select"
      case u62au633u62a = "تست"
      case id = "{id}"
    }
  }

  /// What a change of `class` says; what is left out stays.
  public struct ClassUpdate: Encodable, Hashable, Sendable {
    public var type: PublicSchema.Type_?
    public var userId: Int32?
    public var userId2: Int32?
    public var userId3: Int32?
    public var self_: Bool?
    public var n1st: String?
    public var aB: PublicSchema.AC?
    public var itS: String?
    public var xY: String?
    public var lineBreak: String?
    public var name: String?
    public var backSlash: String?
    public var tick: String?
    public var aB2: String?
    public var secret: String?
    public var none: String?
    public var select: String?
    public var u62au633u62a: [String]?
    public var id: [PublicSchema.Type_]?

    public init(
      type: PublicSchema.Type_? = nil,
      userId: Int32? = nil,
      userId2: Int32? = nil,
      userId3: Int32? = nil,
      self_: Bool? = nil,
      n1st: String? = nil,
      aB: PublicSchema.AC? = nil,
      itS: String? = nil,
      xY: String? = nil,
      lineBreak: String? = nil,
      name: String? = nil,
      backSlash: String? = nil,
      tick: String? = nil,
      aB2: String? = nil,
      secret: String? = nil,
      none: String? = nil,
      select: String? = nil,
      u62au633u62a: [String]? = nil,
      id: [PublicSchema.Type_]? = nil
    ) {
      self.type = type
      self.userId = userId
      self.userId2 = userId2
      self.userId3 = userId3
      self.self_ = self_
      self.n1st = n1st
      self.aB = aB
      self.itS = itS
      self.xY = xY
      self.lineBreak = lineBreak
      self.name = name
      self.backSlash = backSlash
      self.tick = tick
      self.aB2 = aB2
      self.secret = secret
      self.none = none
      self.select = select
      self.u62au633u62a = u62au633u62a
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case type = "type"
      case userId = "user_id"
      case userId2 = "user-id"
      case userId3 = "userId"
      case self_ = "self"
      case n1st = "1st"
      case aB = "a\"b"
      case itS = "it's"
      case xY = "x*/y"
      case lineBreak = "line\nbreak"
      case name = "$name"
      case backSlash = "back\\slash"
      case tick = "`tick`"
      case aB2 = "a,b"
      case secret = "__secret"
      case none = "None"
      case select = "select"
      case u62au633u62a = "تست"
      case id = "{id}"
    }
  }

  /// /*/ opens, ‮ turns
  public struct WordsRow: Codable, Hashable, Sendable {
    public var int: Int32?
    public var str: String?
    public var double: Double?
    public var bool: Bool?
    public var hashValue_: String?
    public var mub2: Int32?
    public var string: PublicSchema.String_?
    public var option: PublicSchema.Option_?
    public var many: [Int32]?
    public var list: [String]?

    public init(
      int: Int32? = nil,
      str: String? = nil,
      double: Double? = nil,
      bool: Bool? = nil,
      hashValue_: String? = nil,
      mub2: Int32? = nil,
      string: PublicSchema.String_? = nil,
      option: PublicSchema.Option_? = nil,
      many: [Int32]? = nil,
      list: [String]? = nil
    ) {
      self.int = int
      self.str = str
      self.double = double
      self.bool = bool
      self.hashValue_ = hashValue_
      self.mub2 = mub2
      self.string = string
      self.option = option
      self.many = many
      self.list = list
    }

    public enum CodingKeys: String, CodingKey {
      case int = "int"
      case str = "str"
      case double = "double"
      case bool = "bool"
      case hashValue_ = "hash_value"
      case mub2 = "m²"
      case string = "string"
      case option = "option"
      case many = "many"
      case list = "list"
    }
  }

  /// What a new row of `words` says.
  public struct WordsInsert: Encodable, Hashable, Sendable {
    public var int: Int32?
    public var str: String?
    public var double: Double?
    public var bool: Bool?
    public var hashValue_: String?
    public var mub2: Int32?
    public var string: PublicSchema.String_?
    public var option: PublicSchema.Option_?
    public var many: [Int32]?
    public var list: [String]?

    public init(
      int: Int32? = nil,
      str: String? = nil,
      double: Double? = nil,
      bool: Bool? = nil,
      hashValue_: String? = nil,
      mub2: Int32? = nil,
      string: PublicSchema.String_? = nil,
      option: PublicSchema.Option_? = nil,
      many: [Int32]? = nil,
      list: [String]? = nil
    ) {
      self.int = int
      self.str = str
      self.double = double
      self.bool = bool
      self.hashValue_ = hashValue_
      self.mub2 = mub2
      self.string = string
      self.option = option
      self.many = many
      self.list = list
    }

    public enum CodingKeys: String, CodingKey {
      case int = "int"
      case str = "str"
      case double = "double"
      case bool = "bool"
      case hashValue_ = "hash_value"
      case mub2 = "m²"
      case string = "string"
      case option = "option"
      case many = "many"
      case list = "list"
    }
  }

  /// What a change of `words` says; what is left out stays.
  public struct WordsUpdate: Encodable, Hashable, Sendable {
    public var int: Int32?
    public var str: String?
    public var double: Double?
    public var bool: Bool?
    public var hashValue_: String?
    public var mub2: Int32?
    public var string: PublicSchema.String_?
    public var option: PublicSchema.Option_?
    public var many: [Int32]?
    public var list: [String]?

    public init(
      int: Int32? = nil,
      str: String? = nil,
      double: Double? = nil,
      bool: Bool? = nil,
      hashValue_: String? = nil,
      mub2: Int32? = nil,
      string: PublicSchema.String_? = nil,
      option: PublicSchema.Option_? = nil,
      many: [Int32]? = nil,
      list: [String]? = nil
    ) {
      self.int = int
      self.str = str
      self.double = double
      self.bool = bool
      self.hashValue_ = hashValue_
      self.mub2 = mub2
      self.string = string
      self.option = option
      self.many = many
      self.list = list
    }

    public enum CodingKeys: String, CodingKey {
      case int = "int"
      case str = "str"
      case double = "double"
      case bool = "bool"
      case hashValue_ = "hash_value"
      case mub2 = "m²"
      case string = "string"
      case option = "option"
      case many = "many"
      case list = "list"
    }
  }

  /// A row of the table `x/y?z#{w}`.
  public struct XYZWRow: Codable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a new row of `x/y?z#{w}` says.
  public struct XYZWInsert: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a change of `x/y?z#{w}` says; what is left out stays.
  public struct XYZWUpdate: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// A row of the table `تست`.
  public struct U62au633u62aRow: Codable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a new row of `تست` says.
  public struct U62au633u62aInsert: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What a change of `تست` says; what is left out stays.
  public struct U62au633u62aUpdate: Encodable, Hashable, Sendable {
    public var id: Int32?

    public init(
      id: Int32? = nil
    ) {
      self.id = id
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
    }
  }

  /// What the function `class` takes.
  public struct ClassArgs: Encodable, Hashable, Sendable {
    public var fun: Int32
    public var itS: PublicSchema.Type_?

    public init(
      fun: Int32,
      itS: PublicSchema.Type_? = nil
    ) {
      self.fun = fun
      self.itS = itS
    }

    public enum CodingKeys: String, CodingKey {
      case fun = "fun"
      case itS = "it's"
    }
  }
}
