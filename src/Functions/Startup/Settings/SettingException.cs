namespace Gatehouse.Functions.Startup.Settings;

/// <summary>A setting is wrong. The message names it and says which values are valid.</summary>
internal sealed class SettingException(string message) : Exception(message);
