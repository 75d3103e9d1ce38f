CREATE TABLE directors (id bigint PRIMARY KEY, name TEXT NOT NULL, country TEXT, born DATE);
CREATE TABLE films (
  id bigint PRIMARY KEY,
  title TEXT NOT NULL,
  director_id bigint REFERENCES directors (id),
  year bigint,
  rating numeric(3,1),
  released BOOLEAN NOT NULL DEFAULT TRUE,
  details JSONB,
  added TIMESTAMPTZ
);
CREATE TABLE actors (id bigint PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE parts (
  film_id bigint NOT NULL REFERENCES films (id),
  actor_id bigint NOT NULL REFERENCES actors (id),
  role TEXT,
  PRIMARY KEY (film_id, actor_id)
);
CREATE TABLE reviews (
  id bigint PRIMARY KEY,
  film_id bigint REFERENCES films (id),
  stars bigint NOT NULL CHECK (stars BETWEEN 1 AND 5),
  words TEXT
);
CREATE TABLE genres (id bigint PRIMARY KEY, name TEXT NOT NULL, parent_id bigint REFERENCES genres (id));
CREATE TABLE labels (code TEXT NOT NULL PRIMARY KEY, label TEXT DEFAULT 'none', weight bigint);
CREATE TABLE posters (film_id bigint PRIMARY KEY REFERENCES films (id), colour TEXT);
CREATE VIEW good_films AS SELECT id, title, director_id, rating FROM films WHERE rating >= 8;
