require "minitest/autorun"
require "frobnicate"
