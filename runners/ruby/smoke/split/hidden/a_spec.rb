require "sums"

RSpec.describe "sums" do
  it("right") { expect([Sums.total([1, 2, 3]), Sums::LIMIT]).to eq([6, 3]) }
  it("wrong") { expect(Sums.total([1, 2])).to eq(4) }

  it "values" do
    values = [nil, true, "é", "\xFF".b, 1.5, -Float::INFINITY, 2**70, 1/3r, BigDecimal("1.50"), Date.new(2024, 2, 29),
              Time.utc(2024, 2, 29), Set[1], { 1 => "a" }, { "a" => { "b" => [] } }, 1..3, { "$handle" => 1 }]
    values.each { |value| expect(Sums.echo(value)).to eq(value.is_a?(Range) ? (1...4) : value) }
    expect(Sums.echo(Float::NAN)).to be_nan
    expect(Sums.point).to eq({ "x" => 1, "y" => 2 })
  end

  it "arguments are changed in place" do
    items = %w[b a]
    expect(Sums.sorted(items)).to be(items)
    expect(items).to eq(%w[a b])
    map = { "a" => 1 }
    Sums.filled(map)
    expect(map).to eq({ "a" => 1, "b" => 2 })
  end

  it "object" do
    cart = Sums::Cart.new("me", limit: 3)
    expect(cart).to be_empty
    expect(cart.add("tea").add("milk").size).to eq(2)
    cart.owner = "you"
    expect(cart.owner).to eq("you")
    expect(cart[0]).to eq("tea")
    seen = []
    cart.each { |item| seen << item }
    expect(seen).to eq(%w[tea milk])
    expect(cart).to be_a(Sums::Cart)
    expect(cart.merge(cart)).to eq(4)
    expect(Sums::Cart.count).to eq(1)
  end

  it "error" do
    cart = Sums::Cart.new("me")
    expect { cart.add("gold") }.to raise_error(Sums::OutOfStock, "no gold") { |error| expect(error.item).to eq("gold") }
    expect { cart.add("gold") }.to raise_error(Sums::Error)
    expect { cart.add("gold") }.to raise_error(StandardError, /gold/)
    expect { Sums.total([1, "a"]) }.to raise_error(TypeError)
    expect { Sums.absent }.to raise_error(StandardError, /absent/)
  end

  it("another error") { expect { Sums::Cart.new("me").add("gold") }.to raise_error(KeyError) }

  it "exit" do
    Sums.leave
  rescue StandardError
    # A test that swallows it does not pass all the same.
    nil
  end

  it("a new process after that") { expect(Sums.total([1])).to eq(1) }
  it("hang") { Sums.hang }
  it("equal to everything") { expect(Sums.tricky).to eq(3) }
  it("two objects are not alike") { expect(Sums::Cart.new("a")).to eq(Sums::Cart.new("a")) }
  it("blocks do not cross") { Sums.echo(1) { 2 } }
  it("procs do not cross") { Sums.echo(-> { 1 }) }

  it "tests are elsewhere" do
    expect(Sums.look).to eq([false, true])
    expect(File.exist?("/work/lib/sums.rb")).to be(false)
  end
end
