# `require "cart"` finds the submission's files after all others.
#
# Not by the load path: there, a file of Ruby's own in C yields to one of that name anywhere else.
module Gradekit
  module Loading
    ROOTS = %w[/work/lib /work].freeze

    # What every object gets, and nothing else.
    module Requiring
      def require(path)
        super
      rescue LoadError => error
        file = error.path == path && Loading.find(path) or raise
        super(file)
      end

      private :require
    end

    module_function

    def find(path)
      return nil if path.start_with?("/", ".")

      name = path.end_with?(".rb") ? path : "#{path}.rb"
      ROOTS.map { |root| "#{root}/#{name}" }.find { |file| File.file?(file) }
    end

    # From now on.
    def begin
      Object.prepend(Requiring)
    end
  end
end
