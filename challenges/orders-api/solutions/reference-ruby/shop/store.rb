# frozen_string_literal: true

require "digest"
require "json"
require "pg"
require_relative "pricing"

module Shop
  # The tables: each public method is one transaction.
  class Store
    # Nothing was changed: a rule of the shop speaks against it.
    class Conflict < StandardError
      attr_reader :code

      def initialize(code, message)
        @code = code
        super(message)
      end
    end

    UTC = %q(to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at)
    LISTS = PG::TextEncoder::Array.new

    def initialize(url, size)
      @url = url
      @free = Queue.new
      size.times { @free << nil } # a connection is made when it is needed first
    end

    def customer?(id) = with { |db| rows(db, "select 1 from customers where id = $1", id).any? }

    # The id of the customer whose token it is, or nil.
    def customer_with_token(token)
      digest = Digest::SHA256.hexdigest(token)
      with { |db| rows(db, "select id from customers where token_hash = $1", digest).first&.fetch("id") }
    end

    def known_skus(skus)
      with { |db| rows(db, "select sku from products where sku = any($1)", LISTS.encode(skus)).map { |row| row["sku"] } }
    end

    def product(sku)
      with do |db|
        rows(db, "select id, sku, name, category, price::text, stock from products where sku = $1", sku).first
      end
    end

    def products(category, after, limit)
      with do |db|
        rows(db, <<~SQL, after, category, limit)
          select id, sku, name, category, price::text, stock from products
          where id > $1 and ($2::text is null or category = $2)
          order by id limit $3
        SQL
      end
    end

    def orders_of(customer, before, limit)
      with do |db|
        rows(db, <<~SQL, customer, *(before || [nil, nil]), limit)
          select id, status, total::text, #{UTC} from orders
          where customer_id = $1 and ($3::integer is null or (orders.created_at, id) < ($2::timestamptz, $3))
          order by orders.created_at desc, id desc limit $4
        SQL
      end
    end

    # The order with its lines, or nil.
    def order(id)
      with do |db|
        found = rows(db, <<~SQL, id).first
          select id, customer_id, status, #{UTC}, coupon, subtotal::text, discount::text, total::text
          from orders where id = $1
        SQL
        found && { **found, "lines" => rows(db, <<~SQL, id) }
          select p.sku, l.quantity, l.unit_price::text, l.discount_percent, l.total::text
          from order_lines l join products p on p.id = l.product_id
          where l.order_id = $1 order by l.line_no
        SQL
      end
    end

    # The invoice of an order, nil if it is not the customer's.
    def invoice(id, customer)
      with do |db|
        found = rows(db, <<~SQL, id, customer).first
          select o.id as order_id, c.name as customer, o.subtotal::text, o.discount::text, o.total::text
          from orders o join customers c on c.id = o.customer_id
          where o.id = $1 and c.id = $2
        SQL
        found && { **found, "lines" => rows(db, <<~SQL, id) }
          select p.name as product, l.quantity, l.unit_price::text, l.total::text
          from order_lines l join products p on p.id = l.product_id
          where l.order_id = $1 order by l.line_no
        SQL
      end
    end

    # Store a valid order; its id, and whether it is new. Raises Conflict.
    def place(body, key)
      lines = body["lines"].map { |line| line.slice("sku", "quantity") }
      request = JSON.generate("customer_id" => body["customer_id"], "lines" => lines, "coupon" => body["coupon"])
      transaction do |db|
        earlier = key && earlier_order(db, key, request)
        next [earlier, false] if earlier

        products = take(db, lines)
        priced = Pricing.quote(
          lines.map { |line| { **line, "unit_price" => products.fetch(line["sku"])["price"] } }, body["coupon"]
        )
        [insert(db, body["customer_id"], priced, products, key, key && request), true]
      end
    end

    # Cancel a placed order and restore its stock; false if there is no such order. Raises Conflict.
    def cancel(id)
      transaction do |db|
        found = rows(db, "select status from orders where id = $1 for update", id).first
        next false unless found
        raise Conflict.new("not_cancellable", "a shipped order can not be cancelled") if found["status"] == "shipped"

        restore(db, id) if found["status"] == "placed"
        true
      end
    end

    private

    def earlier_order(db, key, request)
      # Two requests with one key wait for each other here, until the first has committed.
      rows(db, "select pg_advisory_xact_lock(hashtextextended($1, 0))::text", key)
      sql = "select id, request = $1::jsonb as same from orders where idempotency_key = $2"
      earlier = rows(db, sql, request, key).first
      return unless earlier
      return earlier["id"] if earlier["same"]

      raise Conflict.new("idempotency_conflict", "this idempotency key came with another order")
    end

    # Take the stock of all lines; the products by SKU.
    def take(db, lines)
      wanted = lines.each_with_object(Hash.new(0)) { |line, sums| sums[line["sku"]] += line["quantity"] }
      # Locked in the order of their ids, so that two orders never wait for each other in a circle.
      found = rows(db, <<~SQL, LISTS.encode(wanted.keys))
        select id, sku, price::text, stock from products where sku = any($1) order by id for update
      SQL
      short = found.select { |row| row["stock"] < wanted[row["sku"]] }.map { |row| row["sku"] }
      raise Conflict.new("insufficient_stock", "not enough stock of #{short.sort.join(', ')}") if short.any?

      found.each do |row|
        rows(db, "update products set stock = stock - $1 where id = $2", wanted[row["sku"]], row["id"])
      end
      found.to_h { |row| [row["sku"], row] }
    end

    def insert(db, customer, priced, products, key, request)
      values = [customer, *priced.values_at("coupon", "subtotal", "discount", "total"), key, request]
      id = rows(db, <<~SQL, *values).first["id"]
        insert into orders (customer_id, coupon, subtotal, discount, total, idempotency_key, request)
        values ($1, $2, $3, $4, $5, $6, $7) returning id
      SQL
      priced["lines"].each.with_index(1) do |line, number|
        product = products.fetch(line["sku"])
        rows(db, <<~SQL, id, number, product["id"], *line.values_at("quantity", "unit_price", "discount_percent", "total"))
          insert into order_lines (order_id, line_no, product_id, quantity, unit_price, discount_percent, total)
          values ($1, $2, $3, $4, $5, $6, $7)
        SQL
      end
      id
    end

    def restore(db, id)
      rows(db, "update orders set status = 'cancelled' where id = $1", id)
      taken = rows(db, <<~SQL, id)
        select product_id, sum(quantity)::integer as quantity from order_lines
        where order_id = $1 group by product_id order by product_id
      SQL
      taken.each do |row|
        rows(db, "update products set stock = stock + $1 where id = $2", row["quantity"], row["product_id"])
      end
    end

    def transaction = with { |db| db.transaction { yield db } }

    # Lend a connection; one that broke is replaced by the next who needs it.
    def with
      db = @free.pop
      db ||= PG.connect(@url).tap { |made| made.type_map_for_results = PG::BasicTypeMapForResults.new(made) }
      yield db
    ensure
      broken = db && db.status != PG::CONNECTION_OK
      db.close if broken
      @free << (broken ? nil : db)
    end

    def rows(db, sql, *values) = db.exec_params(sql, values).to_a
  end
end
