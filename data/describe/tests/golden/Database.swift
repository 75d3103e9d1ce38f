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
  public enum OrderState: String, Codable, Hashable, Sendable {
    case open = "open"
    case paid = "paid"
    case inTransit = "IN TRANSIT"
    case done = "done"
  }

  /// The composite type `address`.
  public struct Address: Codable, Hashable, Sendable {
    public var street: String?
    public var city: String?
    public var geo: [Double]?

    public init(
      street: String? = nil,
      city: String? = nil,
      geo: [Double]? = nil
    ) {
      self.street = street
      self.city = city
      self.geo = geo
    }

    public enum CodingKeys: String, CodingKey {
      case street = "street"
      case city = "city"
      case geo = "geo"
    }
  }

  /// A row of the view `open orders`.
  public struct OpenOrdersRow: Codable, Hashable, Sendable {
    public var id: Int64?
    public var personId: String?
    public var size: Int64?

    public init(
      id: Int64? = nil,
      personId: String? = nil,
      size: Int64? = nil
    ) {
      self.id = id
      self.personId = personId
      self.size = size
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case personId = "person_id"
      case size = "size"
    }
  }

  /// What a new row of `open orders` says.
  public struct OpenOrdersInsert: Encodable, Hashable, Sendable {
    public var id: Int64?
    public var personId: String?

    public init(
      id: Int64? = nil,
      personId: String? = nil
    ) {
      self.id = id
      self.personId = personId
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case personId = "person_id"
    }
  }

  /// What a change of `open orders` says; what is left out stays.
  public struct OpenOrdersUpdate: Encodable, Hashable, Sendable {
    public var id: Int64?
    public var personId: String?

    public init(
      id: Int64? = nil,
      personId: String? = nil
    ) {
      self.id = id
      self.personId = personId
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case personId = "person_id"
    }
  }

  /// A row of the table `order_lines`.
  public struct OrderLinesRow: Codable, Hashable, Sendable {
    public var orderId: Int64
    public var line: Int32
    public var what: String
    public var count: Int32

    public init(
      orderId: Int64,
      line: Int32,
      what: String,
      count: Int32
    ) {
      self.orderId = orderId
      self.line = line
      self.what = what
      self.count = count
    }

    public enum CodingKeys: String, CodingKey {
      case orderId = "order_id"
      case line = "line"
      case what = "what"
      case count = "count"
    }
  }

  /// What a new row of `order_lines` says.
  public struct OrderLinesInsert: Encodable, Hashable, Sendable {
    public var orderId: Int64
    public var line: Int32
    public var what: String
    public var count: Int32?

    public init(
      orderId: Int64,
      line: Int32,
      what: String,
      count: Int32? = nil
    ) {
      self.orderId = orderId
      self.line = line
      self.what = what
      self.count = count
    }

    public enum CodingKeys: String, CodingKey {
      case orderId = "order_id"
      case line = "line"
      case what = "what"
      case count = "count"
    }
  }

  /// What a change of `order_lines` says; what is left out stays.
  public struct OrderLinesUpdate: Encodable, Hashable, Sendable {
    public var orderId: Int64?
    public var line: Int32?
    public var what: String?
    public var count: Int32?

    public init(
      orderId: Int64? = nil,
      line: Int32? = nil,
      what: String? = nil,
      count: Int32? = nil
    ) {
      self.orderId = orderId
      self.line = line
      self.what = what
      self.count = count
    }

    public enum CodingKeys: String, CodingKey {
      case orderId = "order_id"
      case line = "line"
      case what = "what"
      case count = "count"
    }
  }

  /// A row of the table `orders`.
  public struct OrdersRow: Codable, Hashable, Sendable {
    public var id: Int64
    public var personId: String
    public var state: PublicSchema.OrderState
    public var states: [PublicSchema.OrderState]?
    public var total: Decimal
    public var rate: Float?
    public var note: String?
    public var days: String?
    public var words: String?
    public var type: Int16
    public var shipTo: PublicSchema.Address?

    public init(
      id: Int64,
      personId: String,
      state: PublicSchema.OrderState,
      states: [PublicSchema.OrderState]? = nil,
      total: Decimal,
      rate: Float? = nil,
      note: String? = nil,
      days: String? = nil,
      words: String? = nil,
      type: Int16,
      shipTo: PublicSchema.Address? = nil
    ) {
      self.id = id
      self.personId = personId
      self.state = state
      self.states = states
      self.total = total
      self.rate = rate
      self.note = note
      self.days = days
      self.words = words
      self.type = type
      self.shipTo = shipTo
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case personId = "person_id"
      case state = "state"
      case states = "states"
      case total = "total"
      case rate = "rate"
      case note = "note"
      case days = "days"
      case words = "words"
      case type = "type"
      case shipTo = "ship-to"
    }
  }

  /// What a new row of `orders` says.
  public struct OrdersInsert: Encodable, Hashable, Sendable {
    public var personId: String
    public var state: PublicSchema.OrderState?
    public var states: [PublicSchema.OrderState]?
    public var total: Decimal?
    public var rate: Float?
    public var note: String?
    public var days: String?
    public var type: Int16?
    public var shipTo: PublicSchema.Address?

    public init(
      personId: String,
      state: PublicSchema.OrderState? = nil,
      states: [PublicSchema.OrderState]? = nil,
      total: Decimal? = nil,
      rate: Float? = nil,
      note: String? = nil,
      days: String? = nil,
      type: Int16? = nil,
      shipTo: PublicSchema.Address? = nil
    ) {
      self.personId = personId
      self.state = state
      self.states = states
      self.total = total
      self.rate = rate
      self.note = note
      self.days = days
      self.type = type
      self.shipTo = shipTo
    }

    public enum CodingKeys: String, CodingKey {
      case personId = "person_id"
      case state = "state"
      case states = "states"
      case total = "total"
      case rate = "rate"
      case note = "note"
      case days = "days"
      case type = "type"
      case shipTo = "ship-to"
    }
  }

  /// What a change of `orders` says; what is left out stays.
  public struct OrdersUpdate: Encodable, Hashable, Sendable {
    public var personId: String?
    public var state: PublicSchema.OrderState?
    public var states: [PublicSchema.OrderState]?
    public var total: Decimal?
    public var rate: Float?
    public var note: String?
    public var days: String?
    public var type: Int16?
    public var shipTo: PublicSchema.Address?

    public init(
      personId: String? = nil,
      state: PublicSchema.OrderState? = nil,
      states: [PublicSchema.OrderState]? = nil,
      total: Decimal? = nil,
      rate: Float? = nil,
      note: String? = nil,
      days: String? = nil,
      type: Int16? = nil,
      shipTo: PublicSchema.Address? = nil
    ) {
      self.personId = personId
      self.state = state
      self.states = states
      self.total = total
      self.rate = rate
      self.note = note
      self.days = days
      self.type = type
      self.shipTo = shipTo
    }

    public enum CodingKeys: String, CodingKey {
      case personId = "person_id"
      case state = "state"
      case states = "states"
      case total = "total"
      case rate = "rate"
      case note = "note"
      case days = "days"
      case type = "type"
      case shipTo = "ship-to"
    }
  }

  /// Customers
  public struct PeopleRow: Codable, Hashable, Sendable {
    public var id: String
    public var email: String
    public var name: String?
    public var home: PublicSchema.Address?
    public var isVip: Bool
    public var settings: AnyJSON
    public var invitedBy: String?
    public var createdAt: String

    public init(
      id: String,
      email: String,
      name: String? = nil,
      home: PublicSchema.Address? = nil,
      isVip: Bool,
      settings: AnyJSON,
      invitedBy: String? = nil,
      createdAt: String
    ) {
      self.id = id
      self.email = email
      self.name = name
      self.home = home
      self.isVip = isVip
      self.settings = settings
      self.invitedBy = invitedBy
      self.createdAt = createdAt
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case email = "email"
      case name = "name"
      case home = "home"
      case isVip = "is_vip"
      case settings = "settings"
      case invitedBy = "invited_by"
      case createdAt = "created_at"
    }
  }

  /// What a new row of `people` says.
  public struct PeopleInsert: Encodable, Hashable, Sendable {
    public var id: String?
    public var email: String
    public var name: String?
    public var home: PublicSchema.Address?
    public var isVip: Bool?
    public var settings: AnyJSON?
    public var invitedBy: String?
    public var createdAt: String?

    public init(
      id: String? = nil,
      email: String,
      name: String? = nil,
      home: PublicSchema.Address? = nil,
      isVip: Bool? = nil,
      settings: AnyJSON? = nil,
      invitedBy: String? = nil,
      createdAt: String? = nil
    ) {
      self.id = id
      self.email = email
      self.name = name
      self.home = home
      self.isVip = isVip
      self.settings = settings
      self.invitedBy = invitedBy
      self.createdAt = createdAt
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case email = "email"
      case name = "name"
      case home = "home"
      case isVip = "is_vip"
      case settings = "settings"
      case invitedBy = "invited_by"
      case createdAt = "created_at"
    }
  }

  /// What a change of `people` says; what is left out stays.
  public struct PeopleUpdate: Encodable, Hashable, Sendable {
    public var id: String?
    public var email: String?
    public var name: String?
    public var home: PublicSchema.Address?
    public var isVip: Bool?
    public var settings: AnyJSON?
    public var invitedBy: String?
    public var createdAt: String?

    public init(
      id: String? = nil,
      email: String? = nil,
      name: String? = nil,
      home: PublicSchema.Address? = nil,
      isVip: Bool? = nil,
      settings: AnyJSON? = nil,
      invitedBy: String? = nil,
      createdAt: String? = nil
    ) {
      self.id = id
      self.email = email
      self.name = name
      self.home = home
      self.isVip = isVip
      self.settings = settings
      self.invitedBy = invitedBy
      self.createdAt = createdAt
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case email = "email"
      case name = "name"
      case home = "home"
      case isVip = "is_vip"
      case settings = "settings"
      case invitedBy = "invited_by"
      case createdAt = "created_at"
    }
  }

  /// A row of the view `sales`.
  public struct SalesRow: Codable, Hashable, Sendable {
    public var day: String?
    public var total: Decimal?

    public init(
      day: String? = nil,
      total: Decimal? = nil
    ) {
      self.day = day
      self.total = total
    }

    public enum CodingKeys: String, CodingKey {
      case day = "day"
      case total = "total"
    }
  }

  /// What the function `add` takes.
  public struct AddArgs: Encodable, Hashable, Sendable {
    public var a: Int32
    public var b: Int32?

    public init(
      a: Int32,
      b: Int32? = nil
    ) {
      self.a = a
      self.b = b
    }

    public enum CodingKeys: String, CodingKey {
      case a = "a"
      case b = "b"
    }
  }

  /// What the function `close_day` takes.
  public struct CloseDayArgs: Encodable, Hashable, Sendable {
    public var day: String

    public init(
      day: String
    ) {
      self.day = day
    }

    public enum CodingKeys: String, CodingKey {
      case day = "day"
    }
  }

  /// What the function `either` takes.
  public struct EitherArgs: Encodable, Hashable, Sendable {
    public var x: String

    public init(
      x: String
    ) {
      self.x = x
    }

    public enum CodingKeys: String, CodingKey {
      case x = "x"
    }
  }

  /// What the function `orders_of` takes.
  public struct OrdersOfArgs: Encodable, Hashable, Sendable {
    public var person: String
    public var states: [PublicSchema.OrderState]?

    public init(
      person: String,
      states: [PublicSchema.OrderState]? = nil
    ) {
      self.person = person
      self.states = states
    }

    public enum CodingKeys: String, CodingKey {
      case person = "person"
      case states = "states"
    }
  }

  /// What the function `search` takes.
  public struct SearchArgs: Encodable, Hashable, Sendable {
    public var query: String
    public var most: Int32

    public init(
      query: String,
      most: Int32
    ) {
      self.query = query
      self.most = most
    }

    public enum CodingKeys: String, CodingKey {
      case query = "query"
      case most = "most"
    }
  }
}

public enum StaffSchema {
  public enum Shift: String, Codable, Hashable, Sendable {
    case early = "early"
    case late = "late"
  }

  /// A row of the table `empty`.
  public struct EmptyRow: Codable, Hashable, Sendable {
    public init() {}
  }

  /// What a new row of `empty` says.
  public struct EmptyInsert: Encodable, Hashable, Sendable {
    public init() {}
  }

  /// What a change of `empty` says; what is left out stays.
  public struct EmptyUpdate: Encodable, Hashable, Sendable {
    public init() {}
  }

  /// A row of the table `members`.
  public struct MembersRow: Codable, Hashable, Sendable {
    public var id: Int32
    public var shift: StaffSchema.Shift
    public var serves: PublicSchema.OrderState?
    public var salary: Decimal?

    public init(
      id: Int32,
      shift: StaffSchema.Shift,
      serves: PublicSchema.OrderState? = nil,
      salary: Decimal? = nil
    ) {
      self.id = id
      self.shift = shift
      self.serves = serves
      self.salary = salary
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case shift = "shift"
      case serves = "serves"
      case salary = "salary"
    }
  }

  /// What a new row of `members` says.
  public struct MembersInsert: Encodable, Hashable, Sendable {
    public var id: Int32?
    public var shift: StaffSchema.Shift
    public var serves: PublicSchema.OrderState?
    public var salary: Decimal?

    public init(
      id: Int32? = nil,
      shift: StaffSchema.Shift,
      serves: PublicSchema.OrderState? = nil,
      salary: Decimal? = nil
    ) {
      self.id = id
      self.shift = shift
      self.serves = serves
      self.salary = salary
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case shift = "shift"
      case serves = "serves"
      case salary = "salary"
    }
  }

  /// What a change of `members` says; what is left out stays.
  public struct MembersUpdate: Encodable, Hashable, Sendable {
    public var id: Int32?
    public var shift: StaffSchema.Shift?
    public var serves: PublicSchema.OrderState?
    public var salary: Decimal?

    public init(
      id: Int32? = nil,
      shift: StaffSchema.Shift? = nil,
      serves: PublicSchema.OrderState? = nil,
      salary: Decimal? = nil
    ) {
      self.id = id
      self.shift = shift
      self.serves = serves
      self.salary = salary
    }

    public enum CodingKeys: String, CodingKey {
      case id = "id"
      case shift = "shift"
      case serves = "serves"
      case salary = "salary"
    }
  }
}
