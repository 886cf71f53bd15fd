# Which Ruby a submission wants: what Bundler refuses, and what merely hints at another one.
module Gradekit
  module Demands
    # A line `ruby "~> 3.1", "< 4"` of a Gemfile, which is a program and is not run.
    LINE = /\A\s*ruby[\s(]\s*(?<words>(?:["'][^"'#]*["']\s*,?\s*)+)/
    FILE = /\A\s*ruby[\s(]\s*file:\s*["']\.ruby-version["']/
    HINT = /\A(?:ruby-)?(?<version>\d+(?:\.\d+){0,2})\s*\z/
    LOCKED = /^RUBY VERSION\n\s+ruby (?<version>\d+(?:\.\d+){0,2})/
    # Numbers of a hint that count: who writes 3.1.4 rarely means that 3.1.2 will not do.
    SERIES = 2

    module_function

    # What a Gemfile demands that this Ruby is not; nil when it is what it wants. `hint` is the text of .ruby-version.
    def refused(gemfile, hint)
      gemfile.each_line.with_index(1) do |line, number|
        wanted = words(line, hint)
        next if wanted.empty? || Gem::Requirement.new(wanted).satisfied_by?(Gem.ruby_version)

        return another("Gemfile:#{number}", wanted.join(", "), "Bundler would refuse to run it")
      rescue Gem::Requirement::BadRequirementError
        next # no one knows without running it
      end
      nil
    end

    def words(line, hint)
      return [HINT.match(hint)&.[](:version)].compact if FILE.match?(line)

      (LINE.match(line)&.[](:words) || "").scan(/["']([^"']*)["']/).flatten
    end

    # Hints at another Ruby: texts of .ruby-version and Gemfile.lock, empty where there are none.
    def notes(hint, lock)
      { ".ruby-version" => HINT.match(hint), "Gemfile.lock: RUBY VERSION" => LOCKED.match(lock) }.filter_map do |place, found|
        next if found.nil?

        wanted = found[:version].split(".").first(SERIES)
        another(place, found[:version], "it was run all the same") if wanted != RUBY_VERSION.split(".").first(wanted.size)
      end
    end

    def another(place, wanted, what)
      "#{place}: wants Ruby #{wanted[0, 100]}; this runner has #{RUBY_VERSION}; #{what}"
    end
  end
end
