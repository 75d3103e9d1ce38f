// Types of the database. Made by `mobo gen:types`; not to be edited.
// ignore_for_file: type=lint

typedef PublicNothing = String;

enum PublicOption_ {
  kind('kind');

  const PublicOption_(this.label);

  final String label;

  static PublicOption_ fromJson(Object? json) => values.firstWhere((v) => v.label == json);

  String toJson() => label;
}

enum PublicOptionKind {
  y('y');

  const PublicOptionKind(this.label);

  final String label;

  static PublicOptionKind fromJson(Object? json) => values.firstWhere((v) => v.label == json);

  String toJson() => label;
}

enum PublicString_ {
  x('x');

  const PublicString_(this.label);

  final String label;

  static PublicString_ fromJson(Object? json) => values.firstWhere((v) => v.label == json);

  String toJson() => label;
}

enum PublicType_ {
  empty(''),
  aB('a"b'),
  n1('1'),
  aB2('a-b'),
  aB3('a_b'),
  none('None'),
  class_('class'),
  x('\$x'),
  backSlash('back\\slash'),
  itS('it\'s'),
  u62au633u62a('تست'),
  self('Self');

  const PublicType_(this.label);

  final String label;

  static PublicType_ fromJson(Object? json) => values.firstWhere((v) => v.label == json);

  String toJson() => label;
}

/// The composite type `a"c`.
class PublicAC {
  const PublicAC({
    this.class_,
    this.userId,
  });

  factory PublicAC.fromJson(Map<String, dynamic> json) => PublicAC(
        class_: json['class'] as String?,
        userId: json['user-id'] as int?,
      );

  final String? class_;
  final int? userId;

  Map<String, dynamic> toJson() => {
        'class': class_,
        'user-id': userId,
      };
}

/// A row of the table `A-B`.
class PublicABRow {
  const PublicABRow({
    this.id,
  });

  factory PublicABRow.fromJson(Map<String, dynamic> json) => PublicABRow(
        id: json['id'] as int?,
      );

  final int? id;

  Map<String, dynamic> toJson() => {
        'id': id,
      };
}

/// What a new row of `A-B` says.
class PublicABInsert {
  const PublicABInsert({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// What a change of `A-B` says; what is left out stays.
class PublicABUpdate {
  const PublicABUpdate({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// A row of the table `a"b`.
class PublicABRow2 {
  const PublicABRow2({
    this.id,
  });

  factory PublicABRow2.fromJson(Map<String, dynamic> json) => PublicABRow2(
        id: json['id'] as int?,
      );

  final int? id;

  Map<String, dynamic> toJson() => {
        'id': id,
      };
}

/// What a new row of `a"b` says.
class PublicABInsert2 {
  const PublicABInsert2({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// What a change of `a"b` says; what is left out stays.
class PublicABUpdate2 {
  const PublicABUpdate2({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// */ """ \ $x `y`
class PublicClassRow {
  const PublicClassRow({
    required this.type_,
    required this.userId,
    this.userId2,
    this.userId3,
    this.self,
    this.n1st,
    this.aB,
    this.itS,
    this.xY,
    this.lineBreak,
    this.name_,
    this.backSlash,
    this.tick,
    this.aB2,
    this.secret,
    this.none,
    this.select,
    this.u62au633u62a,
    this.id,
  });

  factory PublicClassRow.fromJson(Map<String, dynamic> json) => PublicClassRow(
        type_: PublicType_.fromJson(json['type']),
        userId: json['user_id'] as int,
        userId2: json['user-id'] as int?,
        userId3: json['userId'] as int?,
        self: json['self'] as bool?,
        n1st: json['1st'] as String?,
        aB: json['a"b'] == null ? null : PublicAC.fromJson(json['a"b'] as Map<String, dynamic>),
        itS: json['it\'s'] as String?,
        xY: json['x*/y'] as String?,
        lineBreak: json['line\nbreak'] as String?,
        name_: json['\$name'] as String?,
        backSlash: json['back\\slash'] as String?,
        tick: json['`tick`'] as String?,
        aB2: json['a,b'] as String?,
        secret: json['__secret'] as String?,
        none: json['None'] as String?,
        select: json['select'] as String?,
        u62au633u62a: (json['تست'] as List<dynamic>?)?.map<String>((e) => e as String).toList(),
        id: (json['{id}'] as List<dynamic>?)?.map<PublicType_>((e) => PublicType_.fromJson(e)).toList(),
      );

  final PublicType_ type_;
  final int userId;
  final int? userId2;
  final int? userId3;
  final bool? self;
  final String? n1st;
  final PublicAC? aB;
  final String? itS;
  final String? xY;
  final String? lineBreak;
  final String? name_;
  final String? backSlash;
  final String? tick;
  final String? aB2;
  final String? secret;
  final String? none;
  final String? select;
  final List<String>? u62au633u62a;
  final List<PublicType_>? id;

  Map<String, dynamic> toJson() => {
        'type': type_.toJson(),
        'user_id': userId,
        'user-id': userId2,
        'userId': userId3,
        'self': self,
        '1st': n1st,
        'a"b': aB?.toJson(),
        'it\'s': itS,
        'x*/y': xY,
        'line\nbreak': lineBreak,
        '\$name': name_,
        'back\\slash': backSlash,
        '`tick`': tick,
        'a,b': aB2,
        '__secret': secret,
        'None': none,
        'select': select,
        'تست': u62au633u62a,
        '{id}': id?.map((e) => e.toJson()).toList(),
      };
}

/// What a new row of `class` says.
class PublicClassInsert {
  const PublicClassInsert({
    required this.type_,
    required this.userId,
    this.userId2,
    this.userId3,
    this.self,
    this.n1st,
    this.aB,
    this.itS,
    this.xY,
    this.lineBreak,
    this.name_,
    this.backSlash,
    this.tick,
    this.aB2,
    this.secret,
    this.none,
    this.select,
    this.u62au633u62a,
    this.id,
  });

  final PublicType_ type_;
  final int userId;
  final int? userId2;
  final int? userId3;
  final bool? self;
  final String? n1st;
  final PublicAC? aB;
  final String? itS;
  final String? xY;
  final String? lineBreak;
  final String? name_;
  final String? backSlash;
  final String? tick;
  final String? aB2;
  final String? secret;
  final String? none;
  final String? select;
  final List<String>? u62au633u62a;
  final List<PublicType_>? id;

  Map<String, dynamic> toJson() => {
        'type': type_.toJson(),
        'user_id': userId,
        if (userId2 != null) 'user-id': userId2,
        if (userId3 != null) 'userId': userId3,
        if (self != null) 'self': self,
        if (n1st != null) '1st': n1st,
        if (aB != null) 'a"b': aB!.toJson(),
        if (itS != null) 'it\'s': itS,
        if (xY != null) 'x*/y': xY,
        if (lineBreak != null) 'line\nbreak': lineBreak,
        if (name_ != null) '\$name': name_,
        if (backSlash != null) 'back\\slash': backSlash,
        if (tick != null) '`tick`': tick,
        if (aB2 != null) 'a,b': aB2,
        if (secret != null) '__secret': secret,
        if (none != null) 'None': none,
        if (select != null) 'select': select,
        if (u62au633u62a != null) 'تست': u62au633u62a,
        if (id != null) '{id}': id!.map((e) => e.toJson()).toList(),
      };
}

/// What a change of `class` says; what is left out stays.
class PublicClassUpdate {
  const PublicClassUpdate({
    this.type_,
    this.userId,
    this.userId2,
    this.userId3,
    this.self,
    this.n1st,
    this.aB,
    this.itS,
    this.xY,
    this.lineBreak,
    this.name_,
    this.backSlash,
    this.tick,
    this.aB2,
    this.secret,
    this.none,
    this.select,
    this.u62au633u62a,
    this.id,
  });

  final PublicType_? type_;
  final int? userId;
  final int? userId2;
  final int? userId3;
  final bool? self;
  final String? n1st;
  final PublicAC? aB;
  final String? itS;
  final String? xY;
  final String? lineBreak;
  final String? name_;
  final String? backSlash;
  final String? tick;
  final String? aB2;
  final String? secret;
  final String? none;
  final String? select;
  final List<String>? u62au633u62a;
  final List<PublicType_>? id;

  Map<String, dynamic> toJson() => {
        if (type_ != null) 'type': type_!.toJson(),
        if (userId != null) 'user_id': userId,
        if (userId2 != null) 'user-id': userId2,
        if (userId3 != null) 'userId': userId3,
        if (self != null) 'self': self,
        if (n1st != null) '1st': n1st,
        if (aB != null) 'a"b': aB!.toJson(),
        if (itS != null) 'it\'s': itS,
        if (xY != null) 'x*/y': xY,
        if (lineBreak != null) 'line\nbreak': lineBreak,
        if (name_ != null) '\$name': name_,
        if (backSlash != null) 'back\\slash': backSlash,
        if (tick != null) '`tick`': tick,
        if (aB2 != null) 'a,b': aB2,
        if (secret != null) '__secret': secret,
        if (none != null) 'None': none,
        if (select != null) 'select': select,
        if (u62au633u62a != null) 'تست': u62au633u62a,
        if (id != null) '{id}': id!.map((e) => e.toJson()).toList(),
      };
}

/// /*/ opens, ‮ turns
class PublicWordsRow {
  const PublicWordsRow({
    this.int_,
    this.str,
    this.double_,
    this.bool_,
    this.hashValue,
    this.mub2,
    this.string,
    this.option,
    this.many,
    this.list,
  });

  factory PublicWordsRow.fromJson(Map<String, dynamic> json) => PublicWordsRow(
        int_: json['int'] as int?,
        str: json['str'] as String?,
        double_: (json['double'] as num?)?.toDouble(),
        bool_: json['bool'] as bool?,
        hashValue: json['hash_value'] as String?,
        mub2: json['m²'] as int?,
        string: json['string'] == null ? null : PublicString_.fromJson(json['string']),
        option: json['option'] == null ? null : PublicOption_.fromJson(json['option']),
        many: (json['many'] as List<dynamic>?)?.map<int>((e) => e as int).toList(),
        list: (json['list'] as List<dynamic>?)?.map<String>((e) => e as String).toList(),
      );

  final int? int_;
  final String? str;
  final double? double_;
  final bool? bool_;
  final String? hashValue;
  final int? mub2;
  final PublicString_? string;
  final PublicOption_? option;
  final List<int>? many;
  final List<String>? list;

  Map<String, dynamic> toJson() => {
        'int': int_,
        'str': str,
        'double': double_,
        'bool': bool_,
        'hash_value': hashValue,
        'm²': mub2,
        'string': string?.toJson(),
        'option': option?.toJson(),
        'many': many,
        'list': list,
      };
}

/// What a new row of `words` says.
class PublicWordsInsert {
  const PublicWordsInsert({
    this.int_,
    this.str,
    this.double_,
    this.bool_,
    this.hashValue,
    this.mub2,
    this.string,
    this.option,
    this.many,
    this.list,
  });

  final int? int_;
  final String? str;
  final double? double_;
  final bool? bool_;
  final String? hashValue;
  final int? mub2;
  final PublicString_? string;
  final PublicOption_? option;
  final List<int>? many;
  final List<String>? list;

  Map<String, dynamic> toJson() => {
        if (int_ != null) 'int': int_,
        if (str != null) 'str': str,
        if (double_ != null) 'double': double_,
        if (bool_ != null) 'bool': bool_,
        if (hashValue != null) 'hash_value': hashValue,
        if (mub2 != null) 'm²': mub2,
        if (string != null) 'string': string!.toJson(),
        if (option != null) 'option': option!.toJson(),
        if (many != null) 'many': many,
        if (list != null) 'list': list,
      };
}

/// What a change of `words` says; what is left out stays.
class PublicWordsUpdate {
  const PublicWordsUpdate({
    this.int_,
    this.str,
    this.double_,
    this.bool_,
    this.hashValue,
    this.mub2,
    this.string,
    this.option,
    this.many,
    this.list,
  });

  final int? int_;
  final String? str;
  final double? double_;
  final bool? bool_;
  final String? hashValue;
  final int? mub2;
  final PublicString_? string;
  final PublicOption_? option;
  final List<int>? many;
  final List<String>? list;

  Map<String, dynamic> toJson() => {
        if (int_ != null) 'int': int_,
        if (str != null) 'str': str,
        if (double_ != null) 'double': double_,
        if (bool_ != null) 'bool': bool_,
        if (hashValue != null) 'hash_value': hashValue,
        if (mub2 != null) 'm²': mub2,
        if (string != null) 'string': string!.toJson(),
        if (option != null) 'option': option!.toJson(),
        if (many != null) 'many': many,
        if (list != null) 'list': list,
      };
}

/// A row of the table `x/y?z#{w}`.
class PublicXYZWRow {
  const PublicXYZWRow({
    this.id,
  });

  factory PublicXYZWRow.fromJson(Map<String, dynamic> json) => PublicXYZWRow(
        id: json['id'] as int?,
      );

  final int? id;

  Map<String, dynamic> toJson() => {
        'id': id,
      };
}

/// What a new row of `x/y?z#{w}` says.
class PublicXYZWInsert {
  const PublicXYZWInsert({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// What a change of `x/y?z#{w}` says; what is left out stays.
class PublicXYZWUpdate {
  const PublicXYZWUpdate({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// A row of the table `تست`.
class PublicU62au633u62aRow {
  const PublicU62au633u62aRow({
    this.id,
  });

  factory PublicU62au633u62aRow.fromJson(Map<String, dynamic> json) => PublicU62au633u62aRow(
        id: json['id'] as int?,
      );

  final int? id;

  Map<String, dynamic> toJson() => {
        'id': id,
      };
}

/// What a new row of `تست` says.
class PublicU62au633u62aInsert {
  const PublicU62au633u62aInsert({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// What a change of `تست` says; what is left out stays.
class PublicU62au633u62aUpdate {
  const PublicU62au633u62aUpdate({
    this.id,
  });

  final int? id;

  Map<String, dynamic> toJson() => {
        if (id != null) 'id': id,
      };
}

/// What the function `class` takes.
class PublicClassArgs {
  const PublicClassArgs({
    required this.fun,
    this.itS,
  });

  final int fun;
  final PublicType_? itS;

  Map<String, dynamic> toJson() => {
        'fun': fun,
        if (itS != null) 'it\'s': itS!.toJson(),
      };
}
