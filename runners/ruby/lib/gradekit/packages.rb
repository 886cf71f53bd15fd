# The packages that `deps` chose, from /opt/deps or from the image, put before all others of their names.
#
# Loaded with `ruby -r` into the submission's own processes, too.
require "json"

module Gradekit
  module Packages
    FOLDER = "/opt/deps"
    LIST = "#{FOLDER}/packages.json"

    module_function

    # Make `require` find them; `except`: a pattern of names that are left out.
    def activate(except: nil)
      return unless File.file?(LIST)

      paths = JSON.parse(File.read(LIST)).flat_map do |name, version|
        next [] if except&.match?(name) || Gem.loaded_specs.key?(name)

        spec = Gem::Specification.find_all_by_name(name, "= #{version}").first or next []
        spec.activated = true
        Gem.loaded_specs[name] = spec
        spec.full_require_paths.select { |path| File.directory?(path) }
      end
      place = Gem.load_path_insert_index
      place ? $LOAD_PATH.insert(place, *paths) : $LOAD_PATH.unshift(*paths)
    end
  end
end
