/// What the node is set to: read from a YAML file, overridden by environment variables, overridden
/// by flags, into one typed record per component.
///
/// Read [NodeSettings][io.querator.node.config.NodeSettings] first: the records below it are the
/// whole truth about keys, types, defaults and ranges. [Schema][io.querator.node.config.Schema]
/// derives the names of keys, variables and flags from them, and
/// [SettingsReader][io.querator.node.config.SettingsReader] puts the sources together. Nothing here
/// has threads or state.
@NullMarked
package io.querator.node.config;

import org.jspecify.annotations.NullMarked;
