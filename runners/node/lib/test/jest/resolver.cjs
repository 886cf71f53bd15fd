/** A suite gets our frameworks, whatever the submission calls its packages. */
let ours;

module.exports = {
  sync: (request, options) => {
    ours ??= globalThis[Symbol.for("gradekit.ours")];
    const own = /^\/hidden(?:\/|$)/.test(options.basedir) && ours(request);
    return options.defaultResolver(request, own ? { ...options, basedir: "/opt/gradekit/lib" } : options);
  },
};
