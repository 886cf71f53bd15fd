require "app"
require "json"
require "set"
require "pp"

RSpec.describe "a" do
  it "right" do
    expect([ENV["RUBYOPT"], ENV["SPEC_OPTS"], ENV["BUNDLE_GEMFILE"]]).to eq([nil, nil, nil])
    expect(Dir.pwd).not_to start_with("/work")
    expect(JSON.generate(Set[1].to_a)).to eq("[1]")
    expect { raise KeyError, "tea" }.to raise_error(KeyError, /te/)
    expect({ a: [1] }).to include(a: contain_exactly(1))
  end
  it("wrong") { expect({ "two" => two }).to eq({ "two" => 2 }) }
end
