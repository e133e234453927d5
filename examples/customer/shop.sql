-- The tables of shop.db: python3 -c "import sqlite3; sqlite3.connect('shop.db').executescript(open('shop.sql').read())"
create table customers (id integer primary key, name text not null);
create table orders (
  id integer primary key,
  customer integer not null references customers,
  sku text not null,
  quantity integer not null,
  placed text not null
);
create index orders_of_customers on orders (customer, placed);
insert into customers values (7, 'Ada'), (8, 'Grace');
insert into orders values
  (101, 7, 'tea', 2, '2026-11-02'), (102, 7, 'cup', 1, '2026-11-02'), (103, 8, 'tea', 6, '2026-11-03'),
  (104, 7, 'gone', 1, '2026-11-09'), (105, 7, 'tea', 4, '2026-11-20');
