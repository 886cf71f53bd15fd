# frozen_string_literal: true

require "bundler/setup"
require "json"
Bundler.require

class Shop < Sinatra::Base
  get "/versions" do
    content_type :json
    { leaf: Leaf::VERSION, pg: PG::VERSION, sinatra: Sinatra::VERSION }.to_json
  end
end
