update products set price_cents = price_cents + 50 where category = 'tea' and price_cents < 1000
