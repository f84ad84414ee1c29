// Package config reads orderq's settings, and is the only reader of its environment.
//
// [Load] turns variables into a [Config] or into one error that names every variable that is wrong,
// its value and the way out. Each variable has a flag of the same name in kebab case, without the
// leading ORDERQ_; [Bind] adds them to a command, and a flag beats the environment. A variable that is
// set but empty counts as not set, because compose files and unit files pass on empty ones.
//
// Secrets (client id and secret, API tokens, the proxy's address, the Redis URL) may be given in a
// file, by the variable's name with _FILE behind it. They have no flag of their own, because every user
// of a machine can read a command line; only their file has. The Redis URL has one, because it mostly
// holds no password. No error of this package contains the value of a secret, and no way of printing a
// Config shows one.
//
// What a command needs beyond its settings' being well-formed it asks for itself:
// [Config.Credentials], [Config.Listener].
package config
