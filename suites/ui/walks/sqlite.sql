create table authors (
  id integer primary key,
  name text not null,
  born date
);
create table books (
  id integer primary key,
  title text not null,
  author_id integer not null references authors (id),
  price numeric,
  state text not null default 'draft' check (state in ('draft', 'published', 'gone')),
  tags json,
  published boolean not null default false,
  added timestamp default current_timestamp
);
create table notes (
  id integer primary key,
  owner_id text not null,
  body text not null
);
insert into authors (id, name, born) values
  (1, 'Ada Lovelace', '1815-12-10'), (2, 'Grace Hopper', '1906-12-09'), (3, 'Edsger Dijkstra', '1930-05-11');
insert into books (id, title, author_id, price, state, tags, published, added) values
  (1, 'Notes on the Engine', 1, 12.50, 'published', '["mathematics", "history"]', true, '2026-01-05 09:00:00'),
  (2, 'Compilers', 2, 30, 'published', '{"level": "hard"}', true, '2026-02-11 10:30:00'),
  (3, 'A Discipline', 3, 45, 'draft', null, false, '2026-03-17 18:15:00'),
  (4, 'Letters', 1, null, 'draft', '["letters"]', false, '2026-04-20 07:45:00');
insert into notes (id, owner_id, body) values
  (1, '0d9c4ff1-6a1b-4a38-9c53-36c4a1f2b001', 'of one'), (2, '0d9c4ff1-6a1b-4a38-9c53-36c4a1f2b002', 'of another');
