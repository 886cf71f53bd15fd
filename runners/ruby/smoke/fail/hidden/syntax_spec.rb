RSpec.describe "never" do
