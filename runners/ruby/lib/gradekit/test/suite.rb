# The files of a hidden suite, and which framework each is written for.
module Gradekit
  module Test
    TestFile = Struct.new(:path, :name, :framework)

    module Suite
      FILE = /(?:_spec|_test)\.rb\z|\Atest_[^\/]*\.rb\z|\/test_[^\/]*\.rb\z/
      # What a file names; else the end of its own name tells.
      NAMED = { "rspec" => /\bRSpec\b/, "minitest" => /\b[Mm]initest\b/ }.freeze

      module_function

      # The test files, sorted by path.
      def files(folder)
        names = Dir.glob("**/*.rb", base: folder).grep(FILE).sort
        names.map { |name| TestFile.new("#{folder}/#{name}", name, framework("#{folder}/#{name}")) }
      end

      def framework(path)
        text = File.read(path, encoding: "UTF-8").scrub
        NAMED.find { |_, pattern| pattern.match?(text) }&.first || (path.end_with?("_spec.rb") ? "rspec" : "minitest")
      end
    end
  end
end
