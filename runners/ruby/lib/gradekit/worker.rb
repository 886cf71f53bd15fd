# Answers the calls of one connection with the submission in /work.
#
# What it tells is the submission's own claim, and the other side reads it as such.
require "gradekit/packages"
require "gradekit/values"

module Gradekit
  # What a request names is not there: no error of the submission's own.
  class Absent < StandardError; end

  # It cannot be done here.
  class RefusedError < StandardError; end

  # A file of the submission that was loaded, and the constants that it brought.
  class Loaded
    attr_reader :name, :constants

    def initialize(name, constants)
      @name = name
      @constants = constants
    end

    # The modules that its functions and classes may be in, that of its own name first.
    def modules
      (nested + constants.filter_map { |root| Names.constant(Object, root) }.grep(Module)).uniq
    end

    # The constant of that name; nil when there is none.
    def constant(name)
      modules.each { |item| return Names.constant(item, name) if item.const_defined?(name, false) }
      Names.constant(Object, name) unless Names::BOOT.include?(name.to_sym)
    end

    # A function of that name, to be called; nil when there is none.
    def function(name)
      name = name.to_sym
      modules.each do |item|
        return item.method(name) if item.singleton_methods.include?(name)
      end
      return TOPLEVEL_BINDING.receiver.method(name) if Names.functions.include?(name)

      modules.grep_v(Class).each do |item|
        return Object.new.extend(item).method(name) if item.method_defined?(name) || item.private_method_defined?(name)
      end
      nil
    end

    private

    # `shop.price_list`: Shop::PriceList, then Shop, as far as there are such.
    def nested
      place = Object
      name.split(%r{[./]}).each_with_object([]) do |part, found|
        plain = part.delete("_-").downcase
        key = place.constants(false).find { |item| item.to_s.delete("_").downcase == plain }
        made = Names.constant(place, key.to_s) if key && !(place == Object && Names::BOOT.include?(key))
        return found unless made.is_a?(Module)

        found.unshift(place = made)
      end
    end
  end

  # Names of classes, and what was there before the submission.
  module Names
    BOOT = Object.constants.freeze
    PRIVATE = Object.private_instance_methods(false).freeze
    PUBLIC = Object.public_instance_methods(false).freeze
    NAME = Module.instance_method(:name)
    CLASS = Kernel.instance_method(:class)

    module_function

    # What the submission's files define outside of all modules.
    def functions
      (Object.private_instance_methods(false) - PRIVATE) + (Object.public_instance_methods(false) - PUBLIC)
    end

    def constant(place, name)
      place.const_get(name, false) if name.to_s.match?(/\A[[:upper:]]\w*\z/) && place.const_defined?(name, false)
    end

    def class_of(value) = CLASS.bind_call(value)

    def of(cls) = NAME.bind_call(cls)
  end

  # The files that were loaded, and their classes by the names `MODULE:NAME`.
  class Modules
    ROOT = "/work"
    FOLDERS = [ROOT, "#{ROOT}/lib", "#{ROOT}/app", "#{ROOT}/src"].freeze

    def initialize
      @loaded = {}
    end

    def [](name) = @loaded[name]

    # Load a module; nil when there is no such file.
    def load(name)
      return @loaded[name] if @loaded.key?(name)

      file = file_of(name) or return nil
      before = Object.constants
      require file
      @loaded[name] = Loaded.new(name, constants_of(file, before))
    end

    # The name of a class by which it is found again.
    def reference(cls)
      name = Names.of(cls) or return ":anonymous"
      return "gradekit:Absent" if cls == Absent

      root = name[/\A[^:]+/].to_sym
      return "builtins:#{name}" if Names::BOOT.include?(root)

      owner = @loaded.values.find { |item| item.constants.include?(root) } or return ":#{name}"
      inside = owner.modules.grep_v(Class).map { |item| "#{Names.of(item)}::" }.find { |prefix| name.start_with?(prefix) }
      "#{owner.name}:#{inside ? name.delete_prefix(inside) : name}"
    end

    # The class of a name; nil when there is none.
    def resolve(name)
      place, _, path = name.rpartition(/(?<!:):(?!:)/)
      first, *rest = path.split("::")
      return nil if first.nil?

      start = @loaded[place]&.constant(first) || Names.constant(Object, first)
      rest.reduce(start) { |item, part| Module === item ? Names.constant(item, part) : nil }
    end

    private

    # A path below /work with or without its ending, or its names with dots between them.
    def file_of(name)
      raise RefusedError, "#{name.inspect} is no module's name" unless name.is_a?(String) && !name.include?("\0")

      [name, name.tr(".", "/"), "#{name.tr('.', '/')}.rb", "#{name}.rb"].product(FOLDERS).each do |path, folder|
        file = File.expand_path(path, folder)
        next unless file.end_with?(".rb") && File.file?(file)

        real = File.realpath(file)
        return real if real.start_with?("#{ROOT}/")
      end
      nil
    end

    def constants_of(file, before)
      (Object.constants - Names::BOOT).select do |name|
        place = Object.const_source_location(name)&.first
        place == file || (!before.include?(name) && place.to_s.start_with?("#{ROOT}/"))
      end
    end
  end

  # Objects that stay here, by number.
  class Objects
    def initialize
      @objects = {}
      @numbers = {}.compare_by_identity
      @sent = Hash.new(0)
      @fresh = 0
    end

    def handle(value)
      number = @numbers[value]
      unless number
        number = @numbers[value] = @fresh += 1
        @objects[number] = value
      end
      @sent[number] += 1
      number
    end

    def fetch(number)
      @objects.fetch(number) { raise RefusedError, "there is no object #{number}" }
    end

    def drop(number, count)
      return if (@sent[number] -= count).positive?

      @numbers.delete(@objects.delete(number))
      @sent.delete(number)
    end
  end

  # Reads the arguments of a request.
  class Reader < Unpacker
    def initialize(worker)
      super()
      @worker = worker
    end

    private

    def special(tag, fields, depth)
      content = fields[tag]
      case tag
      when "$handle" then @worker.objects.fetch(content)
      when "$class" then @worker.modules.resolve(content) || raise(Absent, "there is no class #{content}")
      when "$module" then @worker.modules[content] || raise(Absent, "there is no module #{content}")
      when "$ref"
        target = @worker.find(unpack(content, depth + 1), fields["path"].to_s)
        target.callable || target.value
      when "$slice"
        start, stop, step = list(tag, content).map { |item| unpack(item, depth + 1) }
        raise MalformedError, "a slice with steps has no like in Ruby" unless [nil, 1].include?(step)

        (start || 0)...stop
      when "$exception"
        cls = @worker.modules.resolve(content["class"].to_s)
        (cls.is_a?(Class) && cls <= Exception ? cls : StandardError).new(*unpack(content["args"] || [], depth + 1))
      else raise MalformedError, "#{tag} has no like in Ruby"
      end
    end
  end

  # Writes an answer.
  class Writer < Packer
    MAX_MESSAGE = 10_000
    MAX_ATTRIBUTES = 50

    def initialize(worker, received)
      super()
      @worker = worker
      @received = received
      @places = {}.compare_by_identity
      received.each_with_index { |item, place| @places[item] = place }
      @before = received.map { |item| Gradekit.elements(item) }
    end

    def known(value)
      @places.key?(value) ? { "$arg" => @places[value] } : nil
    end

    def other(value, depth)
      case value
      when Module then { "$class" => @worker.modules.reference(value) }
      when Exception then @inside ? kept(value) : { "$exception" => error(value, depth) }
      else kept(value)
      end
    end

    # An object that is not copied.
    def kept(value)
      { "$handle" => @worker.objects.handle(value), "class" => @worker.modules.reference(Names.class_of(value)) }
    end

    def error(error, depth = 0)
      classes = Names.class_of(error).ancestors.grep(Class) - [Object, BasicObject]
      names = classes.map { |item| @worker.modules.reference(item) }
      # For whoever knows only what such errors are called.
      names |= names.map { |name| name[/:[^:]*\z/] }
      {
        "classes" => names, "message" => message_of(error)[0, MAX_MESSAGE], "args" => [],
        "attributes" => attributes_of(error, depth), "handle" => @worker.objects.handle(error)
      }
    end

    # The containers of the request that were changed, by number, with what they hold now.
    def changed
      @received.each_with_index.filter_map do |item, place|
        before, after = @before[place], Gradekit.elements(item)
        same = before.length == after.length && before.zip(after).all? { |pair| Gradekit.alike?(*pair) }
        [place, content(item)] unless same
      end
    end

    private

    def message_of(error)
      Gradekit.text(error.message)
    rescue Exception # rubocop:disable Lint/RescueException - the submission's own code runs here
      "an error that cannot be shown"
    end

    def attributes_of(error, depth)
      @inside = true
      error.instance_variables.first(MAX_ATTRIBUTES).each_with_object({}) do |variable, found|
        name = variable.to_s.delete_prefix("@")
        found[name] = pack(error.public_send(name), depth + 1) if error.respond_to?(name)
      rescue Exception # rubocop:disable Lint/RescueException - what cannot cross is left out
        next
      end
    ensure
      @inside = false
    end
  end

  # What a path leads to: a value, or something that can be called.
  Target = Struct.new(:owner, :value, :callable, :last)

  # Answers requests.
  class Worker
    OWN = [Absent, MalformedError, RefusedError, TooMuchError].freeze
    MAX_TOLD = 4_000
    ARITY = /\A(?:wrong number of arguments|missing keywords?:|unknown keywords?:|no keywords accepted)/

    attr_reader :modules, :objects

    def initialize(channel)
      @channel = channel
      @modules = Modules.new
      @objects = Objects.new
    end

    def run
      while (line = @channel.gets("\n", MAX_LINE + 1))
        break unless line.end_with?("\n")

        @channel.write(answer(line))
      end
    rescue SystemCallError
      nil
    end

    def find(start, path)
      names = path.split(/(?<=\w)\.(?=\w)/)
      return Target.new(nil, start, nil, nil) if names.empty?

      owner = names[0...-1].reduce(start) { |item, name| value_of(member(item, name)) }
      member(owner, names.last)
    end

    private

    # A member of a module, class or object; what is called is not called yet.
    def member(owner, name)
      return member_of_module(owner, name) if owner.is_a?(Loaded)

      if Module === owner && name.match?(/\A[[:upper:]]/)
        return Target.new(owner, Names.constant(owner, name), nil, name) if owner.const_defined?(name, false)
      end
      own = [name, "#{name}?"].find { |item| responds?(owner, item) }
      Target.new(owner, nil, own && owner.method(own), name)
    rescue NameError
      # It answers by method_missing, and has no method.
      Target.new(owner, nil, ->(*args, **kwargs) { owner.public_send(own, *args, **kwargs) }, name)
    end

    def responds?(owner, name)
      owner.respond_to?(name)
    rescue NoMethodError
      true
    end

    def member_of_module(owner, name)
      if name.match?(/\A[[:upper:]]/) && !(value = owner.constant(name)).nil?
        return Target.new(owner, value, nil, name)
      end

      Target.new(owner, nil, owner.function(name) || owner.function("#{name}?"), name)
    end

    # What a member is: an attribute is a method without arguments.
    def value_of(target)
      return target.value if target.callable.nil? && !target.value.nil?
      raise Absent, "there is no #{target.last}" if target.callable.nil?

      target.callable.call
    end

    def answer(line)
      id = nil
      request = Gradekit.load(line)
      id = request["id"]
      Array(request["drop"]).each { |number, count| @objects.drop(number, Integer(count)) }
      operation = "op_#{request['op']}"
      unless OPERATIONS.include?(operation)
        raise RefusedError, "there is no operation #{request['op'].inspect}"
      end

      attempt(id, request, operation)
    rescue *OWN, TypeError, ArgumentError, JSON::GeneratorError => error
      too_much = error.is_a?(TooMuchError) || error.is_a?(JSON::GeneratorError)
      Gradekit.dump("id" => id, "refused" => Gradekit.text(too_much ? "its value is #{error.message}" : error.message))
    end

    def attempt(id, request, operation)
      writer = Writer.new(self, [])
      begin
        preload([request["on"], request["args"], request["kwargs"], { "$class" => request["class"] }]) unless operation == "op_import"
        reader = Reader.new(self)
        args = Array(request["args"]).map { |item| reader.unpack(item) }
        kwargs = (request["kwargs"] || {}).to_h { |name, item| [name.to_sym, reader.unpack(item)] }
        writer = Writer.new(self, reader.containers)
        outcome = { "id" => id, "value" => send(operation, request, writer, args, kwargs) }
      rescue MalformedError, RefusedError, TooMuchError
        raise
      rescue Exception => error # rubocop:disable Lint/RescueException - whatever the submission raises is told
        warn(error.full_message(highlight: false)[0, MAX_TOLD]) rescue nil
        outcome = { "id" => id, "error" => writer.error(error) }
      end
      changed = writer.changed
      outcome["changed"] = changed unless changed.empty?
      Gradekit.dump(outcome)
    end

    # Load the modules that a request names.
    def preload(data)
      case data
      when Array then data.each { |item| preload(item) }
      when Hash
        named = data["$module"] || (data["$class"].is_a?(String) && data["$class"][/\A[^:]+(?=:)/])
        @modules.load(named) if named && named != "builtins"
        data.each_value { |item| preload(item) }
      end
    end

    # --- operations

    def op_call(request, writer, args, kwargs)
      target = find(Reader.new(self).unpack(request["on"]), request["path"].to_s)
      made = construct(target, args, kwargs)
      return made.is_a?(Exception) ? writer.pack(made) : writer.kept(made) unless made.nil?

      writer.pack(invoke(target, args, kwargs))
    end

    # A new object, where the target is a class.
    def construct(target, args, kwargs)
      cls = target.value
      return nil unless cls.is_a?(Class)

      called { kwargs.empty? ? cls.new(*args) : cls.new(*args, **kwargs) }
    end

    def invoke(target, args, kwargs)
      callable = target.callable
      if callable.nil? && target.owner.is_a?(Class) && args.first.is_a?(target.owner)
        # `Class.method` with the object first, as some languages call it.
        callable, args = member(args.first, target.last).callable, args.drop(1)
      end
      callable ||= target.value if [Proc, Method].include?(Names.class_of(target.value))
      raise Absent, "there is no function #{target.last}" if callable.nil?

      called { kwargs.empty? ? callable.call(*args) : callable.call(*args, **kwargs) }
    end

    # Arguments that a function does not take are no error that it raised.
    def called
      yield
    rescue ArgumentError => error
      ours = Array(error.backtrace_locations).first(3).map(&:path).include?(__FILE__)
      raise Absent, error.message if ours && error.instance_of?(ArgumentError) && ARITY.match?(error.message)

      raise
    end

    def op_import(request, _writer, _args, _kwargs)
      loaded = @modules.load(request["module"]) or return nil
      inside = loaded.modules.grep_v(Class).flat_map { |item| item.singleton_methods }
      {
        "names" => (loaded.constants + Names.functions + inside).map(&:to_s).uniq,
        "constants" => loaded.constants.map(&:to_s),
        "functions" => Names.functions.map(&:to_s)
      }
    end

    def op_get(request, writer, _args, _kwargs)
      target = find(Reader.new(self).unpack(request["on"]), request["path"].to_s)
      return writer.pack(target.value) if target.callable.nil? && !target.value.nil?
      raise Absent, "there is no #{target.last}" if target.callable.nil?
      return { "$callable" => { "async" => false } } unless [0, -1].include?(target.callable.arity)

      writer.pack(target.callable.call)
    end

    def op_set(request, _writer, args, _kwargs)
      object = value_at(request)
      raise Absent, "there is no #{request['name']}=" unless object.respond_to?("#{request['name']}=")

      object.public_send("#{request['name']}=", args.first)
      nil
    end

    def op_describe(request, _writer, _args, _kwargs)
      found = @modules.resolve(request["class"].to_s) or raise Absent, "there is no #{request['class']}"
      return { "kind" => "value", "bases" => [] } unless Module === found
      return { "kind" => "module", "bases" => [] } unless found.is_a?(Class)

      bases = (found.ancestors.grep(Class) - [found, Object, BasicObject]).map { |item| @modules.reference(item) }
      { "kind" => found <= Exception ? "exception" : "class", "bases" => bases, "name" => @modules.reference(found) }
    end

    def op_operate(request, writer, args, _kwargs)
      value, other = args
      case request["operator"]
      when "instanceof" then other === value
      when "list" then writer.pack(value.each.to_a)
      when "len" then writer.pack(value.length)
      else raise RefusedError, "there is no operator #{request['operator'].inspect}"
      end
    end

    def value_at(request)
      target = find(Reader.new(self).unpack(request["on"]), request["path"].to_s)
      target.last.nil? ? target.value : value_of(target)
    end

    OPERATIONS = private_instance_methods(false).map(&:to_s).grep(/\Aop_/).freeze
    private_constant :OPERATIONS
  end
end
