require "app"
