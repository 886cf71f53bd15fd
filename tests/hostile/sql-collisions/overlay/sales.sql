-- Multiples of 2^61 - 1, the modulus of Python's hashes of numbers.
select 'north', 2305843009213693951::numeric * i from generate_series(1, 60000) i
