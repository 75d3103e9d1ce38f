INSERT INTO directors (id, name, country, born) VALUES
  (1, 'Agnès Varda', 'France', '1928-05-30'), (2, 'Akira Kurosawa', 'Japan', '1910-03-23'),
  (3, 'Jane Campion', 'New Zealand', '1954-04-30'), (4, 'Nobody Yet', NULL, NULL);
INSERT INTO films (id, title, director_id, year, rating, released, details, added) VALUES
  (1, 'Cléo from 5 to 7', 1, 1962, 7.8, TRUE, '{"minutes": 90, "colour": false, "tags": ["paris", "day"]}', '2024-01-01T10:00:00+00:00'),
  (2, 'Vagabond', 1, 1985, 7.7, TRUE, '{"minutes": 105, "colour": true, "awards": {"won": 3}}', '2024-01-02T10:00:00+00:00'),
  (3, 'Seven Samurai', 2, 1954, 8.6, TRUE, '{"minutes": 207, "colour": false, "awards": {"won": 5}}', '2024-01-03T10:00:00.5+00:00'),
  (4, 'Ran', 2, 1985, 8.2, TRUE, '{"minutes": 162, "colour": true}', NULL),
  (5, 'The Piano', 3, 1993, 7.5, TRUE, '{"minutes": 121, "awards": {"won": 3, "named": 8}}', '2024-02-01T00:00:00+00:00'),
  (6, 'Sweetie', 3, 1989, NULL, TRUE, NULL, NULL),
  (7, 'A film, (maybe) "quoted"', NULL, 2031, NULL, FALSE, '{}', NULL);
INSERT INTO actors (id, name) VALUES (1, 'Corinne Marchand'), (2, 'Toshiro Mifune'), (3, 'Takashi Shimura'),
  (4, 'Holly Hunter'), (5, 'Tatsuya Nakadai');
INSERT INTO parts (film_id, actor_id, role) VALUES (1, 1, 'Cléo'), (3, 2, 'Kikuchiyo'), (3, 3, 'Kambei'),
  (4, 5, 'Hidetora'), (5, 4, 'Ada'), (3, 5, NULL);
INSERT INTO reviews (id, film_id, stars, words) VALUES (1, 1, 5, 'a walk through paris'), (2, 1, 4, NULL),
  (3, 3, 5, 'the best of them'), (4, 3, 5, 'long and good'), (5, 3, 2, 'too long'), (6, 5, 4, 'a piano on a beach');
INSERT INTO genres (id, name, parent_id) VALUES (1, 'all', NULL), (2, 'drama', 1), (3, 'action', 1), (4, 'samurai', 3);
INSERT INTO labels (code, label, weight) VALUES ('a', 'first', 10), ('b', 'second', 20), ('c', NULL, NULL);
INSERT INTO posters (film_id, colour) VALUES (1, 'black'), (3, 'red');
