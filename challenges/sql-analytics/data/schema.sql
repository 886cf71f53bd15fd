-- The tables of a small tea shop. Amounts are in cents.
create table customers (
  id integer primary key,
  name varchar(40) not null,
  city varchar(40),
  referred_by integer references customers (id)
);
create table products (
  id integer primary key,
  name varchar(40) not null,
  category varchar(20) not null,
  price_cents integer not null check (price_cents >= 0)
);
create table orders (
  id integer primary key,
  customer_id integer references customers (id),
  ordered_on date not null,
  status varchar(10) not null check (status in ('paid', 'cancelled'))
);
create table order_lines (
  order_id integer not null references orders (id),
  product_id integer not null references products (id),
  quantity integer not null check (quantity > 0),
  unit_cents integer not null check (unit_cents >= 0),
  primary key (order_id, product_id)
);
create table movements (
  id integer primary key,
  cents integer not null
);
