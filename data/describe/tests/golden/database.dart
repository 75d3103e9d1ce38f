// Types of the database. Made by `mobo gen:types`; not to be edited.
// ignore_for_file: type=lint

enum PublicOrderState {
  open('open'),
  paid('paid'),
  inTransit('IN TRANSIT'),
  done('done');

  const PublicOrderState(this.label);

  final String label;

  static PublicOrderState fromJson(Object? json) => values.firstWhere((v) => v.label == json);

  String toJson() => label;
}

/// The composite type `address`.
class PublicAddress {
  const PublicAddress({
    this.street,
    this.city,
    this.geo,
  });

  factory PublicAddress.fromJson(Map<String, dynamic> json) => PublicAddress(
        street: json['street'] as String?,
        city: json['city'] as String?,
        geo: (json['geo'] as List<dynamic>?)?.map<double>((e) => (e as num).toDouble()).toList(),
      );

  final String? street;
  final String? city;
  final List<double>? geo;

  Map<String, dynamic> toJson() => {
        'street': street,
        'city': city,
        'geo': geo,
      };
}

/// A row of the view `open orders`.
class PublicOpenOrdersRow {
  const PublicOpenOrdersRow({
    this.id,
    this.personId,
    this.size,
  });

  factory PublicOpenOrdersRow.fromJson(Map<String, dynamic> json) => PublicOpenOrdersRow(
        id: json['id'] as int?,
        personId: json['person_id'] as String?,
        size: json['size'] as int?,
      );

  final int? id;
  final String? personId;
  final int? size;

  Map<String, dynamic> toJson() => {
        'id': id,
        'person_id': personId,
        'size': size,
      };
}

/// What a new row of `open orders` says.
class PublicOpenOrdersInsert {
  const PublicOpenOrdersInsert({
    this.id,
    this.personId,
  });

  final int? id;
  final String? personId;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
        if (personId != null) 'person_id': personId,
      };
}

/// What a change of `open orders` says; what is left out stays.
class PublicOpenOrdersUpdate {
  const PublicOpenOrdersUpdate({
    this.id,
    this.personId,
  });

  final int? id;
  final String? personId;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
        if (personId != null) 'person_id': personId,
      };
}

/// A row of the table `order_lines`.
class PublicOrderLinesRow {
  const PublicOrderLinesRow({
    required this.orderId,
    required this.line,
    required this.what,
    required this.count,
  });

  factory PublicOrderLinesRow.fromJson(Map<String, dynamic> json) => PublicOrderLinesRow(
        orderId: json['order_id'] as int,
        line: json['line'] as int,
        what: json['what'] as String,
        count: json['count'] as int,
      );

  final int orderId;
  final int line;
  final String what;
  final int count;

  Map<String, dynamic> toJson() => {
        'order_id': orderId,
        'line': line,
        'what': what,
        'count': count,
      };
}

/// What a new row of `order_lines` says.
class PublicOrderLinesInsert {
  const PublicOrderLinesInsert({
    required this.orderId,
    required this.line,
    required this.what,
    this.count,
  });

  final int orderId;
  final int line;
  final String what;
  final int? count;

  Map<String, dynamic> toJson() => {
        'order_id': orderId,
        'line': line,
        'what': what,
        if (count != null) 'count': count,
      };
}

/// What a change of `order_lines` says; what is left out stays.
class PublicOrderLinesUpdate {
  const PublicOrderLinesUpdate({
    this.orderId,
    this.line,
    this.what,
    this.count,
  });

  final int? orderId;
  final int? line;
  final String? what;
  final int? count;

  Map<String, dynamic> toJson() => {
        if (orderId != null) 'order_id': orderId,
        if (line != null) 'line': line,
        if (what != null) 'what': what,
        if (count != null) 'count': count,
      };
}

/// A row of the table `orders`.
class PublicOrdersRow {
  const PublicOrdersRow({
    required this.id,
    required this.personId,
    required this.state,
    this.states,
    required this.total,
    this.rate,
    this.note,
    this.days,
    this.words,
    required this.type_,
    this.shipTo,
  });

  factory PublicOrdersRow.fromJson(Map<String, dynamic> json) => PublicOrdersRow(
        id: json['id'] as int,
        personId: json['person_id'] as String,
        state: PublicOrderState.fromJson(json['state']),
        states: (json['states'] as List<dynamic>?)?.map<PublicOrderState>((e) => PublicOrderState.fromJson(e)).toList(),
        total: (json['total'] as num).toDouble(),
        rate: (json['rate'] as num?)?.toDouble(),
        note: json['note'] as String?,
        days: json['days'] as String?,
        words: json['words'] as String?,
        type_: json['type'] as int,
        shipTo: json['ship-to'] == null ? null : PublicAddress.fromJson(json['ship-to'] as Map<String, dynamic>),
      );

  final int id;
  final String personId;
  final PublicOrderState state;
  final List<PublicOrderState>? states;
  final double total;
  final double? rate;
  final String? note;
  final String? days;
  final String? words;
  final int type_;
  final PublicAddress? shipTo;

  Map<String, dynamic> toJson() => {
        'id': id,
        'person_id': personId,
        'state': state.toJson(),
        'states': states?.map((e) => e.toJson()).toList(),
        'total': total,
        'rate': rate,
        'note': note,
        'days': days,
        'words': words,
        'type': type_,
        'ship-to': shipTo?.toJson(),
      };
}

/// What a new row of `orders` says.
class PublicOrdersInsert {
  const PublicOrdersInsert({
    required this.personId,
    this.state,
    this.states,
    this.total,
    this.rate,
    this.note,
    this.days,
    this.type_,
    this.shipTo,
  });

  final String personId;
  final PublicOrderState? state;
  final List<PublicOrderState>? states;
  final double? total;
  final double? rate;
  final String? note;
  final String? days;
  final int? type_;
  final PublicAddress? shipTo;

  Map<String, dynamic> toJson() => {
        'person_id': personId,
        if (state != null) 'state': state!.toJson(),
        if (states != null) 'states': states!.map((e) => e.toJson()).toList(),
        if (total != null) 'total': total,
        if (rate != null) 'rate': rate,
        if (note != null) 'note': note,
        if (days != null) 'days': days,
        if (type_ != null) 'type': type_,
        if (shipTo != null) 'ship-to': shipTo!.toJson(),
      };
}

/// What a change of `orders` says; what is left out stays.
class PublicOrdersUpdate {
  const PublicOrdersUpdate({
    this.personId,
    this.state,
    this.states,
    this.total,
    this.rate,
    this.note,
    this.days,
    this.type_,
    this.shipTo,
  });

  final String? personId;
  final PublicOrderState? state;
  final List<PublicOrderState>? states;
  final double? total;
  final double? rate;
  final String? note;
  final String? days;
  final int? type_;
  final PublicAddress? shipTo;

  Map<String, dynamic> toJson() => {
        if (personId != null) 'person_id': personId,
        if (state != null) 'state': state!.toJson(),
        if (states != null) 'states': states!.map((e) => e.toJson()).toList(),
        if (total != null) 'total': total,
        if (rate != null) 'rate': rate,
        if (note != null) 'note': note,
        if (days != null) 'days': days,
        if (type_ != null) 'type': type_,
        if (shipTo != null) 'ship-to': shipTo!.toJson(),
      };
}

/// Customers
class PublicPeopleRow {
  const PublicPeopleRow({
    required this.id,
    required this.email,
    this.name_,
    this.home,
    required this.isVip,
    required this.settings,
    this.invitedBy,
    required this.createdAt,
  });

  factory PublicPeopleRow.fromJson(Map<String, dynamic> json) => PublicPeopleRow(
        id: json['id'] as String,
        email: json['email'] as String,
        name_: json['name'] as String?,
        home: json['home'] == null ? null : PublicAddress.fromJson(json['home'] as Map<String, dynamic>),
        isVip: json['is_vip'] as bool,
        settings: json['settings'],
        invitedBy: json['invited_by'] as String?,
        createdAt: json['created_at'] as String,
      );

  final String id;
  final String email;
  final String? name_;
  final PublicAddress? home;
  final bool isVip;
  final dynamic settings;
  final String? invitedBy;
  final String createdAt;

  Map<String, dynamic> toJson() => {
        'id': id,
        'email': email,
        'name': name_,
        'home': home?.toJson(),
        'is_vip': isVip,
        'settings': settings,
        'invited_by': invitedBy,
        'created_at': createdAt,
      };
}

/// What a new row of `people` says.
class PublicPeopleInsert {
  const PublicPeopleInsert({
    this.id,
    required this.email,
    this.name_,
    this.home,
    this.isVip,
    this.settings,
    this.invitedBy,
    this.createdAt,
  });

  final String? id;
  final String email;
  final String? name_;
  final PublicAddress? home;
  final bool? isVip;
  final dynamic settings;
  final String? invitedBy;
  final String? createdAt;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
        'email': email,
        if (name_ != null) 'name': name_,
        if (home != null) 'home': home!.toJson(),
        if (isVip != null) 'is_vip': isVip,
        if (settings != null) 'settings': settings,
        if (invitedBy != null) 'invited_by': invitedBy,
        if (createdAt != null) 'created_at': createdAt,
      };
}

/// What a change of `people` says; what is left out stays.
class PublicPeopleUpdate {
  const PublicPeopleUpdate({
    this.id,
    this.email,
    this.name_,
    this.home,
    this.isVip,
    this.settings,
    this.invitedBy,
    this.createdAt,
  });

  final String? id;
  final String? email;
  final String? name_;
  final PublicAddress? home;
  final bool? isVip;
  final dynamic settings;
  final String? invitedBy;
  final String? createdAt;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
        if (email != null) 'email': email,
        if (name_ != null) 'name': name_,
        if (home != null) 'home': home!.toJson(),
        if (isVip != null) 'is_vip': isVip,
        if (settings != null) 'settings': settings,
        if (invitedBy != null) 'invited_by': invitedBy,
        if (createdAt != null) 'created_at': createdAt,
      };
}

/// A row of the view `sales`.
class PublicSalesRow {
  const PublicSalesRow({
    this.day,
    this.total,
  });

  factory PublicSalesRow.fromJson(Map<String, dynamic> json) => PublicSalesRow(
        day: json['day'] as String?,
        total: (json['total'] as num?)?.toDouble(),
      );

  final String? day;
  final double? total;

  Map<String, dynamic> toJson() => {
        'day': day,
        'total': total,
      };
}

/// What the function `add` takes.
class PublicAddArgs {
  const PublicAddArgs({
    required this.a,
    this.b,
  });

  final int a;
  final int? b;

  Map<String, dynamic> toJson() => {
        'a': a,
        if (b != null) 'b': b,
      };
}

/// What the function `close_day` takes.
class PublicCloseDayArgs {
  const PublicCloseDayArgs({
    required this.day,
  });

  final String day;

  Map<String, dynamic> toJson() => {
        'day': day,
      };
}

/// What the function `either` takes.
class PublicEitherArgs {
  const PublicEitherArgs({
    required this.x,
  });

  final String x;

  Map<String, dynamic> toJson() => {
        'x': x,
      };
}

/// What the function `orders_of` takes.
class PublicOrdersOfArgs {
  const PublicOrdersOfArgs({
    required this.person,
    this.states,
  });

  final String person;
  final List<PublicOrderState>? states;

  Map<String, dynamic> toJson() => {
        'person': person,
        if (states != null) 'states': states!.map((e) => e.toJson()).toList(),
      };
}

/// What the function `search` takes.
class PublicSearchArgs {
  const PublicSearchArgs({
    required this.query,
    required this.most,
  });

  final String query;
  final int most;

  Map<String, dynamic> toJson() => {
        'query': query,
        'most': most,
      };
}

enum StaffShift {
  early('early'),
  late_('late');

  const StaffShift(this.label);

  final String label;

  static StaffShift fromJson(Object? json) => values.firstWhere((v) => v.label == json);

  String toJson() => label;
}

/// A row of the table `empty`.
class StaffEmptyRow {
  const StaffEmptyRow();

  factory StaffEmptyRow.fromJson(Map<String, dynamic> json) => StaffEmptyRow(
      );

  Map<String, dynamic> toJson() => {
      };
}

/// What a new row of `empty` says.
class StaffEmptyInsert {
  const StaffEmptyInsert();

  Map<String, dynamic> toJson() => {
      };
}

/// What a change of `empty` says; what is left out stays.
class StaffEmptyUpdate {
  const StaffEmptyUpdate();

  Map<String, dynamic> toJson() => {
      };
}

/// A row of the table `members`.
class StaffMembersRow {
  const StaffMembersRow({
    required this.id,
    required this.shift,
    this.serves,
    this.salary,
  });

  factory StaffMembersRow.fromJson(Map<String, dynamic> json) => StaffMembersRow(
        id: json['id'] as int,
        shift: StaffShift.fromJson(json['shift']),
        serves: json['serves'] == null ? null : PublicOrderState.fromJson(json['serves']),
        salary: (json['salary'] as num?)?.toDouble(),
      );

  final int id;
  final StaffShift shift;
  final PublicOrderState? serves;
  final double? salary;

  Map<String, dynamic> toJson() => {
        'id': id,
        'shift': shift.toJson(),
        'serves': serves?.toJson(),
        'salary': salary,
      };
}

/// What a new row of `members` says.
class StaffMembersInsert {
  const StaffMembersInsert({
    this.id,
    required this.shift,
    this.serves,
    this.salary,
  });

  final int? id;
  final StaffShift shift;
  final PublicOrderState? serves;
  final double? salary;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
        'shift': shift.toJson(),
        if (serves != null) 'serves': serves!.toJson(),
        if (salary != null) 'salary': salary,
      };
}

/// What a change of `members` says; what is left out stays.
class StaffMembersUpdate {
  const StaffMembersUpdate({
    this.id,
    this.shift,
    this.serves,
    this.salary,
  });

  final int? id;
  final StaffShift? shift;
  final PublicOrderState? serves;
  final double? salary;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
        if (shift != null) 'shift': shift!.toJson(),
        if (serves != null) 'serves': serves!.toJson(),
        if (salary != null) 'salary': salary,
      };
}
