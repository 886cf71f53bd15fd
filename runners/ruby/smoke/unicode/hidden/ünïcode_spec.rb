require "names"

RSpec.describe "Tee 🍵" do
  it("你好 #{NAME}") { expect(NAME).to eq("größer") }
  it("bytes \xFF") { nil }
  it("lines\nand\ttabs") { raise "Größe: \xFF\e[31m" }
end
