package io.querator.storage.jdbc;

import io.querator.storage.sql.Connector;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/// Connects by the driver, with the settings that every session has.
final class PostgresConnector implements Connector {
  private final String url;
  private final Properties properties;
  private final Driver driver = new Driver();

  /// @param silentSeconds after which a connection gives up on a silent server, 0 for never
  PostgresConnector(PostgresSettings settings, int silentSeconds) {
    this.url = PostgresUrl.parse(settings.url()).jdbc();
    this.properties = Session.properties(settings, silentSeconds);
  }

  @Override
  public Connection connect() throws SQLException {
    Connection connection = driver.connect(url, properties);
    if (connection == null) {
      throw new SQLException("the driver does not accept " + url, "08001");
    }
    return connection;
  }
}
