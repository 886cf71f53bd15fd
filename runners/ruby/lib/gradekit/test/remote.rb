# Split suites: what a test requires from /work stands for the submission, which is in another container.
#
# Only data cross. What comes is a stranger's: exact plain values are made of it, and a call that meets no proper answer
# fails its test, whatever the test makes of it.
require "socket"
require "gradekit/values"

module Gradekit
  # Something of the tests that cannot go to the submission, or of the submission that cannot come.
  class CannotCrossError < StandardError; end

  module Remote
    ROOT = "/work/"
    SOCKET = "/call/socket"
    MAX_CONSTANTS = 500
    MAX_BASES = 20

    # Writes arguments, and remembers the containers in the order in which the other side numbers them.
    class Sender < Packer
      attr_reader :sent

      def initialize(client)
        super()
        @client = client
        @sent = []
      end

      def pack(value, depth = 0)
        @client.wire_of(value) || super
      end

      def known(value)
        @sent << value unless value.is_a?(String)
        nil
      end

      def other(value, _depth)
        raise CannotCrossError, "a #{value.class} of the tests cannot be passed to the submission; pass data"
      end
    end

    # Reads what came back.
    class Answer < Unpacker
      def initialize(client, sent)
        super()
        @client = client
        @sent = sent
      end

      def argument(place)
        valid = place.is_a?(Integer) && place >= 0 && place < @sent.length
        valid ? @sent[place] : raise(MalformedError, "there is no such argument")
      end

      # The exception that stands for what the submission raised.
      def error(data, depth = 0)
        classes = data.is_a?(Hash) && data["classes"]
        raise MalformedError, "an error has no classes" unless classes.is_a?(Array) && classes.all?(String)

        made = @client.exception_class(classes).allocate
        message = data["message"].is_a?(String) ? data["message"] : ""
        { "message" => message, "to_s" => message, **attributes(data, depth) }.each do |name, value|
          made.define_singleton_method(name) { value }
        end
        made
      end

      private

      def attributes(data, depth)
        found = data["attributes"].is_a?(Hash) ? data["attributes"] : {}
        names = found.keys.grep(/\A[a-z]\w*\z/) - Exception.instance_methods.map(&:to_s)
        names.to_h { |name| [name, unpack(found[name], depth + 1)] }
      end

      def special(tag, data, depth)
        content = data[tag]
        case tag
        when "$arg" then argument(content)
        when "$class" then content.is_a?(String) ? @client.constant(content) : raise(MalformedError, "$class needs a text")
        when "$handle"
          raise MalformedError, "$handle needs a number" unless content.is_a?(Integer) && data["class"].is_a?(String)

          @client.object(content, data["class"])
        when "$exception" then error(content, depth)
        else raise MalformedError, "#{tag} is none of the protocol"
        end
      end
    end

    # What stands for an object of the submission. It is no data: what it is equal to is not for it to say.
    class Stub
      REFUSED = %i[== != === =~ !~ eql? equal? <=> < > <= >= hash coerce].freeze
      # What Ruby and the frameworks ask to find out whether something is data, or a matcher.
      UNASKED = /\Ato_(?:str|ary|hash|proc|int|io|path|regexp|sym|r|c|f|i)\z|\A(?:does_not_match|matches)\?\z|\A(?:exception|marshal_dump|_dump)\z/

      REFUSED.each do |name|
        define_method(name) { |*| Remote.client.refuse(inspect) }
      end

      def to_s = Remote.client.invoke(self, "to_s", [], {})
      def inspect = "an object of the submission (#{self.class})"
      def respond_to_missing?(name, _private = false) = !UNASKED.match?(name.to_s)

      def method_missing(name, *args, **kwargs, &block)
        return super if UNASKED.match?(name.to_s)
        return Remote.client.list(self).each(&block) if block && name == :each && args.empty?

        Remote.client.invoke(self, name.to_s, args, kwargs, &block)
      end
    end

    # What a module or class of the submission answers by itself.
    module Asking
      def method_missing(name, *args, **kwargs, &block)
        Remote.client.invoke(self, name.to_s, args, kwargs, &block)
      end

      def respond_to_missing?(name, _private = false) = !Stub::UNASKED.match?(name.to_s)
      def const_missing(name) = const_set(name, Remote.client.nested(self, name))
    end

    # Asks the submission's process, and waits.
    class Client
      def initialize(seconds, report)
        @seconds = seconds
        @report = report
        @number = 0
        @process = 0
        @wires = {}.compare_by_identity
        @constants = {}
        @exceptions = {}
      end

      # --- asking

      # Ask; what the submission raised is raised.
      def ask(label, fields, args = [], kwargs = {})
        sender = Sender.new(self)
        id = @number += 1
        begin
          packed = { "args" => args.map { |item| sender.pack(item) }, "kwargs" => kwargs.transform_values { |item| sender.pack(item) } }
          line = Gradekit.dump({ "id" => id, **fields, **packed })
        rescue TooMuchError, CannotCrossError, JSON::GeneratorError => error
          fail_with(label, error.message)
        end
        answer = Answer.new(self, sender.sent)
        kind, value = begin
          understood(Gradekit.load(exchange(label, line)), id, answer)
        rescue MalformedError, NoMethodError, TypeError => error
          fail_with(label, "the answer is none of the call protocol (#{error.message})")
        end
        case kind
        when :refused then fail_with(label, value)
        when :raised then raise value
        else value
        end
      end

      # An object of the submission is looked at as if it were data.
      def refuse(label)
        fail_with(label, "an object of the submission is no data; compare data that its methods give")
      end

      def invoke(target, name, args, kwargs, &block)
        fail_with(name, "a block of the tests cannot be passed to the submission") if block
        ask("#{name}()", { "op" => "call", "on" => wire_of(target), "path" => name }, args, kwargs)
      end

      def list(target)
        made = ask("each", { "op" => "operate", "operator" => "list" }, [target])
        made.instance_of?(Array) ? made : fail_with("each", "it gave no list")
      end

      # --- what stands for things of the submission

      # What goes over the wire for something that stands for a thing of the submission; nil for all else.
      def wire_of(value)
        wire, process = @wires[value]
        fail_with("an object of the submission", "the process that it belonged to has ended") if process && process != @process
        wire
      end

      # Load a module; its constants and functions come to be here. False: there is no such file.
      def import(name)
        told = ask("require #{name}", { "op" => "import", "module" => name })
        return false unless told.is_a?(Hash)

        names(told["constants"], /\A[A-Z]\w*\z/).each do |constant|
          Object.const_set(constant, constant("#{name}:#{constant}")) unless Object.const_defined?(constant)
        end
        names(told["functions"], /\A[a-z_]\w*[?!]?\z/).each { |function| define(name, function) }
        true
      end

      # A constant of the submission, or a class of Ruby's own, by its name on the wire.
      def constant(name)
        @constants.fetch(name) { @constants[name] = name.start_with?("builtins:") ? builtin(name) || Stub : made(name) }
      end

      def nested(owner, name)
        parent = @wires[owner]&.first or raise NameError, "uninitialized constant #{name}"
        constant("#{parent['$class']}::#{name}")
      end

      def object(number, class_name)
        cls = constant(class_name)
        cls = Stub unless cls.is_a?(Class) && cls <= Stub
        made = cls.allocate
        @wires[made] = [{ "$handle" => number }, @process]
        made
      end

      # The class of the first name; its ancestors are those of the other names.
      def exception_class(names)
        first, *rest = names.first(MAX_BASES)
        return RuntimeError if first.nil?

        @exceptions[first] ||= builtin_exception(first) || begin
          base = exception_class(rest)
          first.start_with?("builtins:", ":") ? base : labelled(Class.new(base), first)
        end
      end

      private

      def fail_with(label, why)
        message = "#{label}: #{why}"
        @report.faults << message
        raise CannotCrossError, message
      end

      def names(data, pattern)
        data.is_a?(Array) ? data.grep(String).grep(pattern).first(MAX_CONSTANTS) : []
      end

      def define(name, function)
        client = self
        return if Object.private_method_defined?(function) || Object.method_defined?(function)

        Object.define_method(function) do |*args, **kwargs, &block|
          raise CannotCrossError, "a block of the tests cannot be passed to the submission" if block

          client.ask("#{function}()", { "op" => "call", "on" => { "$module" => name }, "path" => function }, args, kwargs)
        end
        Object.send(:private, function)
      end

      def builtin(name)
        found = name.delete_prefix("builtins:").split("::").reduce(Object) do |place, part|
          place.is_a?(Module) && part.match?(/\A[A-Z]\w*\z/) && place.const_defined?(part, false) ? place.const_get(part, false) : nil
        end
        found if found.is_a?(Module)
      end

      # Only exceptions that an ordinary `rescue` catches, and none of a framework's.
      def builtin_exception(name)
        found = name.start_with?("builtins:") && builtin(name)
        found if found.is_a?(Class) && found <= StandardError && !found.name.match?(/\A(?:RSpec|Minitest|Gradekit)/)
      end

      def made(name)
        told = ask(name, { "op" => "describe", "class" => name })
        own = told["name"].is_a?(String) ? told["name"] : name
        case told["kind"]
        when "module" then stand(labelled(Module.new, name), name).extend(Asking)
        when "exception" then exception_class([own, *names(told["bases"], /./)])
        when "class" then @constants[own] = class_of(own, names(told["bases"], /./))
        else value_of(name)
        end
      end

      def class_of(name, bases)
        parent = bases.find { |item| !item.start_with?("builtins:") }
        base = parent ? constant(parent) : Stub
        base = Stub unless base.is_a?(Class) && base <= Stub
        cls = stand(labelled(Class.new(base), name), name)
        client = self
        cls.define_singleton_method(:new) do |*args, **kwargs|
          client.ask("#{name}.new", { "op" => "call", "on" => { "$class" => name }, "path" => "" }, args, kwargs)
        end
        cls.extend(Asking)
      end

      def value_of(name)
        place, _, path = name.rpartition(/(?<!:):(?!:)/)
        ask(name, { "op" => "get", "on" => { "$module" => place }, "path" => path.gsub("::", ".") })
      end

      def stand(thing, name)
        @wires[thing] = [{ "$class" => name }, nil]
        thing
      end

      def labelled(thing, name)
        label = name[/[^:]+(?:::[^:]+)*\z/].to_s
        thing.define_singleton_method(:name) { label }
        thing.define_singleton_method(:to_s) { label }
        thing.define_singleton_method(:inspect) { label }
        thing
      end

      def understood(reply, id, answer)
        raise MalformedError, "it is no answer to this" unless reply["id"] == id
        return [:refused, reply["refused"][0, 1000]] if reply["refused"].is_a?(String)
        raise MalformedError, "it has neither a value nor an error" if reply.key?("value") == reply.key?("error")

        told = reply.key?("error") ? [:raised, answer.error(reply["error"])] : [:value, answer.unpack(reply["value"])]
        Array(reply["changed"]).each { |place, content| refill(answer.argument(place), answer.unpack(content)) }
        told
      end

      # Give a container the content that the submission gave it.
      def refill(container, content)
        unless container.instance_of?(content.class) && [Array, Hash, Set].include?(content.class)
          raise MalformedError, "an argument changed its type"
        end

        container.replace(content)
      end

      # --- the wire

      def exchange(label, line)
        @socket ||= UNIXSocket.new(SOCKET)
        raise IOError, "the submission wrote to the connection unasked" if @socket.wait_readable(0)

        @socket.write(line)
        read
      rescue IOError, SystemCallError => error
        @socket&.close
        @socket = nil
        @process += 1
        ended = error.is_a?(IOError) && !error.is_a?(EOFError)
        fail_with(label, ended ? error.message : "the submission's process ended before it answered")
      end

      def read
        deadline = now + @seconds
        data = +"".b
        until data.end_with?("\n")
          left = deadline - now
          raise IOError, "no answer came within #{@seconds} s" unless left.positive? && @socket.wait_readable(left)

          data << @socket.readpartial(MAX_LINE)
          raise IOError, "the answer is longer than #{MAX_LINE >> 10} KiB" if data.bytesize > MAX_LINE
        end
        raise IOError, "the submission wrote more than one answer" if data.count("\n") > 1

        data
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # What `require` does with the submission's files.
    module Requiring
      def require(path)
        Remote.required(path.to_s) { super }
      end

      def require_relative(path)
        require File.expand_path(path.to_s, File.dirname(caller_locations(1, 1).first.absolute_path))
      end

      private :require, :require_relative
    end

    module_function

    def client = @client

    # From now on, files of the submission are asked for.
    def open(seconds, report)
      @client = Client.new(seconds, report)
      @imported = {}
      Object.prepend(Requiring)
    end

    # Load a file of the submission, or what the block loads.
    def required(path, &otherwise)
      return imported(path.delete_prefix(ROOT)) || raise(LoadError, "cannot load such file -- #{path}") if path.start_with?(ROOT)

      begin
        otherwise.call
      rescue LoadError => error
        raise if error.path != path || path.start_with?("/") || !imported(path)

        true
      end
    end

    def imported(path)
      name = path.delete_suffix(".rb")
      @imported.fetch(name) { @imported[name] = @client.import(name) }
    end
  end
end
