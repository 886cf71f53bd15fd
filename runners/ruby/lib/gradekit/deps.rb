# The deps phase: unpacks the gems of Gemfile.lock. The Gemfile is a program and is not run, nor is anything of a gem.
require "digest"
require "fileutils"
require "json"
require "openssl"
require "rubygems/package"
require "tempfile"
require "yaml"
require "gradekit/demands"
require "gradekit/index"
require "gradekit/lockfile"

module Gradekit
  module Deps
    SOURCE = "/in"
    TARGET = "/out"
    MAX_FILE = 1 << 20
    # What a Gemfile may say that wants no package.
    EMPTY = /\A\s*(?:#.*|source\s+\S+|ruby\s.*|)\s*\z/
    EXECUTABLE = /\A[A-Za-z0-9_][A-Za-z0-9._-]*\z/

    module_function

    # Exit code of the program.
    def run
      text = read(Lockfile::NAME)
      hint = File.exist?("#{SOURCE}/.ruby-version") ? File.read("#{SOURCE}/.ruby-version", 1024).to_s.scrub : ""
      Demands.notes(hint, text || "").each { |note| puts JSON.generate({ note: note }) }
      refused = Demands.refused(read("Gemfile") || "", hint)
      unless refused.nil?
        warn refused
        return 4
      end
      return without_lock if text.nil?

      lock = Lockfile.new(text)
      index = Index.new
      lock.remotes.reject { |remote| index.means?(remote) }.each do |remote|
        refuse("#{remote[0, 200]} is not the index of this machine; packages come from #{index.shown} only")
      end
      chosen = lock.packages.values.map { |package| [package, choose(package)] }
      chosen.each { |package, file| unpack(package, file, lock, index) if file }
      unless chosen.empty?
        File.write("#{TARGET}/packages.json", JSON.generate(chosen.to_h { |package, _| [package.name, package.version] }))
      end
      0
    rescue RefusedFile => error
      warn error.message
      2
    rescue Unreachable => error
      warn "the index of gems cannot be reached: #{error.message}"
      3
    end

    def refuse(why)
      raise RefusedFile, "#{Lockfile::NAME}: #{why}"
    end

    # The text of a file of the submission; nil when there is none.
    def read(name)
      path = "#{SOURCE}/#{name}"
      return nil unless File.exist?(path)
      raise RefusedFile, "#{name}: it is larger than #{MAX_FILE >> 10} KiB" if File.size(path) > MAX_FILE

      text = File.read(path, encoding: "UTF-8")
      text.valid_encoding? ? text : raise(RefusedFile, "#{name}: it is not UTF-8")
    end

    def without_lock
      wanting = (read("Gemfile") || "").each_line.with_index(1).find { |line, _| !EMPTY.match?(line.chomp) }
      return 0 if wanting.nil?

      raise RefusedFile, "Gemfile:#{wanting[1]}: it wants packages, and there is no Gemfile.lock; a Gemfile is a program " \
                         "and is not run here: run `bundle lock` and hand the lock file in"
    end

    # The file name of the variant for this machine; nil where the image has the package.
    def choose(package)
      return nil if Gem::Specification.find_all_by_name(package.name, "= #{package.version}").any?

      fitting = package.platforms.reject { |name| name == "ruby" }.select { |name| Gem::Platform.match_gem?(platform(name), package.name) }
      return "#{package.name}-#{package.version}-#{fitting.min}.gem" if fitting.any?
      return "#{package.name}-#{package.version}.gem" if package.platforms.include?("ruby")

      refuse("#{package.name} #{package.version}: locked for #{package.platforms.join(', ')} only; " \
             "run `bundle lock --add-platform #{Gem::Platform.local.cpu}-linux`")
    end

    def platform(name)
      Gem::Platform.new(name)
    end

    def unpack(package, file, lock, index)
      data = index.file(file) or refuse("#{file}: the index has no such gem")
      entry = "#{package.name} #{file.delete_prefix("#{package.name}-").delete_suffix('.gem')}"
      expected = lock.checksums[entry]
      unless expected.nil? || Digest::SHA256.hexdigest(data) == expected
        refuse("#{file}: its SHA-256 is not the one of CHECKSUMS")
      end
      Tempfile.create(["gem", ".gem"], TARGET, binmode: true) do |temporary|
        temporary.write(data)
        temporary.flush
        place(package, file, Gem::Package.new(temporary.path))
      end
    rescue Gem::Package::Error, Gem::Exception, Zlib::Error, Psych::Exception => error
      refuse("#{file}: it is no gem: #{error.message.lines.first.to_s.strip[0, 200]}")
    end

    def place(package, file, gem)
      spec = gem.spec
      unless spec.name == package.name && spec.version.to_s == package.version
        refuse("#{file}: it says that it is #{spec.full_name[0, 120]}")
      end
      check(spec)
      gem.extract_files("#{TARGET}/gems/#{spec.full_name}")
      write("#{TARGET}/specifications/#{spec.full_name}.gemspec", spec.to_ruby_for_cache)
      spec.executables.grep(EXECUTABLE).each do |name|
        text = "#!/usr/bin/ruby\nload Gem.activate_bin_path(#{spec.name.inspect}, #{name.inspect}, \">= 0\")\n"
        write("#{TARGET}/bin/#{name}", text, 0o755)
      end
    end

    # Refuse what would not run here.
    def check(spec)
      unless spec.required_ruby_version.satisfied_by?(Gem.ruby_version)
        refuse("#{spec.name} #{spec.version}: it needs Ruby #{spec.required_ruby_version}, and this is #{Gem.ruby_version}")
      end
      return if spec.extensions.empty?

      here = Gem::Specification.find_all_by_name(spec.name).map { |item| item.version.to_s }.uniq
      advice = here.empty? ? "use a gem in Ruby alone, or one with a binary for Linux" : "the image has #{here.join(' and ')}: lock that"
      refuse("#{spec.name} #{spec.version}: its extension would have to be compiled, and nothing is compiled here; #{advice}")
    end

    def write(path, text, mode = 0o644)
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, text)
      File.chmod(mode, path)
    end
  end
end
