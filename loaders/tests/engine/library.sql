CREATE EXTENSION postgis;
CREATE DOMAIN mood AS text CONSTRAINT mood_values CHECK (VALUE IN ('CALM', 'WILD', 'DARK'));
CREATE DOMAIN cover AS text CONSTRAINT cover_values CHECK (VALUE IN ('HARD', 'SOFT'));

CREATE TABLE genres (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, name text NOT NULL);
CREATE INDEX genres_name ON genres (name, id);

CREATE TABLE authors (
    id uuid PRIMARY KEY, version integer NOT NULL, created_at timestamptz NOT NULL,
    name text NOT NULL, born date, published boolean NOT NULL);
CREATE INDEX authors_name ON authors (name, id);

CREATE TABLE books (
    id uuid PRIMARY KEY, version integer NOT NULL, created_at timestamptz NOT NULL,
    title text NOT NULL, subtitle text, price numeric(10, 2), pages integer, weight float8,
    published_on date, sold_at timestamptz, signed boolean, published boolean NOT NULL,
    mood mood, cover cover NOT NULL, tags text[] NOT NULL, moods text[], extra jsonb,
    author_id uuid REFERENCES authors, genre_id uuid NOT NULL REFERENCES genres,
    previous_id uuid REFERENCES books DEFERRABLE INITIALLY DEFERRED, deleted_at timestamptz);
CREATE INDEX books_created_at ON books (created_at, id);
CREATE INDEX books_author ON books (author_id, created_at, id);
CREATE INDEX books_genre ON books (genre_id, created_at, id);
CREATE INDEX books_previous ON books (previous_id, title, id);

CREATE TABLE reviews (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, stars smallint NOT NULL, text text,
    book_id uuid NOT NULL REFERENCES books);
CREATE INDEX reviews_created_at ON reviews (created_at, id);
CREATE INDEX reviews_book ON reviews (book_id, stars, created_at, id);

CREATE TABLE replies (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, agrees boolean,
    review_id uuid NOT NULL REFERENCES reviews);
CREATE INDEX replies_created_at ON replies (created_at, id);
CREATE INDEX replies_review ON replies (review_id, created_at, id);

CREATE TABLE districts (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, name text NOT NULL, published boolean NOT NULL,
    boundary geography(Polygon, 4326));
CREATE INDEX districts_name ON districts (name, id);

CREATE TABLE shops (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, name text NOT NULL, opened date,
    published boolean NOT NULL, location geography(Point, 4326), district_id uuid REFERENCES districts);
CREATE INDEX shops_name ON shops (name, opened, id);
CREATE INDEX shops_district ON shops (district_id, name, id);
CREATE INDEX shops_location ON shops USING gist (location);

CREATE TABLE stocks (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, quantity integer NOT NULL,
    book_id uuid NOT NULL REFERENCES books, shop_id uuid NOT NULL REFERENCES shops);
CREATE INDEX stocks_created_at ON stocks (created_at, id);
CREATE INDEX stocks_book ON stocks (book_id, quantity, id);
CREATE INDEX stocks_shop ON stocks (shop_id, quantity, id);

CREATE TABLE readers (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, name text NOT NULL);
CREATE INDEX readers_created_at ON readers (created_at, id);

CREATE TABLE loans (
    id uuid PRIMARY KEY, created_at timestamptz NOT NULL, branch text NOT NULL, due date, fee numeric NOT NULL,
    book_id uuid REFERENCES books, reader_id uuid REFERENCES readers);
CREATE INDEX loans_due ON loans (due DESC NULLS LAST, id DESC);
CREATE INDEX loans_book ON loans (book_id, due, id);
CREATE INDEX loans_reader ON loans (reader_id, due, id);
