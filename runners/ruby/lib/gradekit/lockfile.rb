# Reads a Gemfile.lock as data.
module Gradekit
  # Something in the submission's files that is not fetched here; the message is for its author.
  class RefusedFile < StandardError; end

  # A package of a lock file; `platforms` are its variants there, "ruby" the one for all.
  Locked = Struct.new(:name, :version, :platforms)

  class Lockfile
    NAME = "Gemfile.lock"
    ENTRY = /\A {4}([A-Za-z0-9._-]+) \(([0-9][0-9A-Za-z.]*)(?:-([0-9A-Za-z_.-]+))?\)\z/
    CHECKSUM = /\A  ([A-Za-z0-9._-]+) \(([^)\s]+)\)(?: sha256=([0-9a-f]{64}))?(?:,.*)?\z/
    SECTIONS = ["PLATFORMS", "DEPENDENCIES", "RUBY VERSION", "BUNDLED WITH"].freeze
    MOST = 1000

    # The addresses that it says its packages are from.
    attr_reader :remotes
    # The packages, by name.
    attr_reader :packages
    # SHA-256 (hex) by `NAME VERSION[-PLATFORM]`.
    attr_reader :checksums

    # Raises RefusedFile where it wants what is not fetched, or is no lock file.
    def initialize(text)
      @remotes = []
      @packages = {}
      @checksums = {}
      section = nil
      text.each_line(chomp: true).with_index(1) do |line, number|
        line = line.delete_suffix("\r")
        next if line.empty?

        section = line.match?(/\A\S/) ? line : read(section, line, number)
      end
      refuse("it has no section GEM, PATH or DEPENDENCIES; a file that `bundle lock` wrote was expected") if section.nil?
      refuse("it wants #{@packages.length} packages; at most #{MOST} were expected") if @packages.length > MOST
    end

    private

    def refuse(why, number = nil)
      raise RefusedFile, "#{[NAME, number].compact.join(':')}: #{why}"
    end

    def read(section, line, number)
      case section
      when "GEM" then read_gem(line, number)
      when "CHECKSUMS"
        match = CHECKSUM.match(line) or refuse("no checksum: #{line.strip[0, 120].inspect}", number)
        @checksums["#{match[1]} #{match[2]}"] = match[3] if match[3]
      when "PATH"
        remote = line[/\A  remote: (.*)/, 1]
        refuse("a path outside of the submission: #{remote}", number) if remote&.match?(%r{\A/|(?:\A|/)\.\.(?:/|\z)})
      when "GIT", "PLUGIN SOURCE"
        refuse("#{section}: packages come from the index only; use a release of the gem", number)
      when *SECTIONS then nil
      else refuse("an unknown section #{section.to_s[0, 120].inspect}", number)
      end
      section
    end

    def read_gem(line, number)
      case line
      when /\A  remote: (\S+)\z/ then @remotes << $1
      when "  specs:", /\A {6}\S/ then nil
      when ENTRY then add($1, $2, $3 || "ruby", number)
      else refuse("no package: #{line.strip[0, 120].inspect}", number)
      end
    end

    def add(name, version, platform, number)
      return if name == "bundler"

      found = (@packages[name] ||= Locked.new(name, version, []))
      refuse("#{name} has two versions, #{found.version} and #{version}", number) if found.version != version
      found.platforms << platform
    end
  end
end
