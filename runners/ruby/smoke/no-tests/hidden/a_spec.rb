require "app"

RSpec.describe("nothing")
